from pathlib import Path

import pytest

from config.errors import ConfigError
from config.prices import Prices, load_prices, prices_file
from config.settings import load_settings
from config.vm_sizes import check_vm_size
from pipelines.infrastructure.costs import cost_of

AZURE, LOCAL = (load_settings(target, environ={}).workspace for target in ("dev", "local"))


def prices(tmp_path: Path, text: str) -> Prices:
    file = tmp_path / "prices.yml"
    file.write_text(text)
    return load_prices(file)


def test_the_table_lists_current_sizes_and_those_of_every_target() -> None:
    table = load_prices()
    assert all(check_vm_size(size) for size in table.per_hour)
    for target in ("local", "dev", "prod"):
        settings = load_settings(target, environ={})
        assert table.of(settings.compute.vm_size)
        assert table.of(settings.cluster.vm_size)


def test_a_price_is_found_whatever_the_case_of_the_size(tmp_path: Path) -> None:
    table = prices(tmp_path, "{currency: EUR, as_of: 2026-11-24, per_hour: {Standard_X: 2}}")
    assert table.of("standard_x") == 2.0
    assert table.of("Standard_Y") is None


def test_costs_in_words(tmp_path: Path) -> None:
    table = prices(tmp_path, "{currency: EUR, as_of: 2026-11-24, per_hour: {Standard_X: 1.5}}")
    assert str(cost_of(AZURE, table, "Standard_X", (0, 4))) == "0.00 to 6.00 EUR"
    assert str(cost_of(AZURE, table, "Standard_X", (3, 3))) == "4.50 EUR"
    assert str(cost_of(AZURE, table, "Standard_Y", (1, 1))) == "unknown: Standard_Y isn't in prices.yml"
    assert cost_of(LOCAL, table, "Standard_Y", (1, 1)).most == 0.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{currency: EUR, as_of: soon, per_hour: {}}", r"as_of = 'soon'"),
        ("{currency: EUR, as_of: 2026-11-24, per_hour: {Standard_X: cheap}}", r"per_hour\.Standard_X = 'cheap'"),
        ("{currency: EUR, as_of: 2026-11-24, per_hour: {Standard_X: -1}}", r"greater than or equal to 0"),
        ("currency: [", "can't be read"),
    ],
)
def test_a_table_that_is_wrong_names_the_entry(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"prices\.yml: .*{message}"):
        prices(tmp_path, text)


def test_a_teams_own_table_counts_where_there_is_one(tmp_path: Path) -> None:
    team = {"AMLGPU_CONFIG": str(tmp_path)}
    assert prices_file(team) == prices_file({})
    (tmp_path / "prices.yml").write_text("{currency: EUR, as_of: 2026-11-24, per_hour: {}}")
    assert load_prices(prices_file(team)).currency == "EUR"
