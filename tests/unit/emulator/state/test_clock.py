from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from azureml_emulator.errors import BadRequest
from azureml_emulator.state.clock import Clock
from azureml_emulator.state.store import Store


def test_it_shows_the_time_of_the_machine(tmp_path: Path) -> None:
    before = datetime.now(timezone.utc)
    shown = Clock(Store(tmp_path / "db")).now()
    assert before <= shown <= datetime.now(timezone.utc)


def test_it_goes_on_from_where_it_was_moved_to_also_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    clock = Clock(store)
    for _ in range(2):
        clock.move(wanted := clock.now() + timedelta(days=365))
        assert wanted <= clock.now()
    assert wanted <= Clock(store).now()
    assert wanted - datetime.now(timezone.utc) > timedelta(days=729)


def test_it_is_never_moved_back(tmp_path: Path) -> None:
    clock = Clock(Store(tmp_path / "db"))
    clock.move(moved := clock.now() + timedelta(hours=2))
    with pytest.raises(BadRequest, match="cannot be moved back"):
        clock.move(moved - timedelta(hours=1))
    assert clock.now() >= moved


def test_it_ends(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="goes to the year 2999"):
        Clock(Store(tmp_path / "db")).move(datetime(9999, 12, 31, tzinfo=timezone.utc))
