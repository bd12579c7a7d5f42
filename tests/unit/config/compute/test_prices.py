from pathlib import Path

import pytest

from config.compute.prices import Prices, load_prices, prices_file
from config.compute.vm_sizes import check_vm_size
from config.errors import ConfigError
from config.settings import load_settings
from pipelines.infrastructure.costs import costs_of

AZURE, LOCAL = (load_settings(target, environ={}, service="digits") for target in ("dev", "local"))

T4 = "Standard_NC4as_T4_v3"


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
    table = prices(tmp_path, f"{{currency: EUR, as_of: 2026-11-24, per_hour: {{{T4}: 1.5}}}}")
    costs = costs_of(AZURE, table)
    assert (str(costs.compute.hour), costs.compute.nodes) == ("0.00 to 1.50 EUR", f"0 to 1 nodes of {T4}")
    assert (str(costs.cluster.hour), costs.cluster.nodes) == ("3.00 EUR", f"2 nodes of {T4}")
    assert costs.notes == ["Prices are those of config/prices.yml (2026-11-24), for nodes alone."]


def test_a_size_without_a_price_is_said_once_with_where_to_write_it(tmp_path: Path) -> None:
    costs = costs_of(AZURE, prices(tmp_path, "{currency: EUR, as_of: 2026-11-24, per_hour: {Standard_X: 1.5}}"))
    assert (str(costs.compute.hour), str(costs.cluster.hour)) == ("unknown", "unknown")
    note, _ = costs.notes
    assert note == f"No price of {T4} is known: write one below per_hour in config/prices.yml."


def test_the_local_workspace_costs_nothing() -> None:
    costs = costs_of(LOCAL)
    assert (costs.compute.hour.most, costs.cluster.hour.most, costs.notes) == (0.0, 0.0, [])


def test_prices_are_called_examples_until_somebody_owns_them() -> None:
    (note,) = costs_of(AZURE).notes
    assert note == (
        "Prices are EXAMPLES (eastus, 2026-11-24), yours may differ: write yours into config/prices.yml. Nodes alone."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{currency: EUR, as_of: soon, per_hour: {}}", r"as_of = 'soon'"),
        ("{currency: EUR, as_of: 2026-11-24, per_hour: {Standard_X: cheap}}", r"per_hour\.Standard_X = 'cheap'"),
        ("{currency: EUR, as_of: 2026-11-24, per_hour: {Standard_X: -1}}", r"greater than or equal to 0"),
        ("{currency: EUR, as_of: 2026-11-24, per_hours: {}}", r"unknown key per_hours: did you mean per_hour\?"),
        ("currency: EUR\nper_hour: {}", r"as_of is missing \(When they were looked up"),
        ("currency: EUR\ncurrency: USD", r"currency is given twice"),
        ("currency: [", r"isn't valid YAML"),
        ("2", "must hold"),
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
