from pathlib import Path
from unittest.mock import sentinel

import pytest

from config.errors import ConfigError
from config.settings import load_settings
from pipelines.foresight.choice import choose

SETTINGS = load_settings("local", environ={})


@pytest.mark.parametrize("model", ["no/such/folder", "-1", "newest"])
def test_what_is_no_model_is_named(model: str) -> None:
    with pytest.raises(ConfigError, match=f"--model {model}: neither a folder here"):
        choose(sentinel.workspace, SETTINGS, model)


def test_a_folder_without_a_model_can_not_be_served(tmp_path: Path) -> None:
    assert "no saved_model.pb in it" in str(choose(sentinel.workspace, SETTINGS, str(tmp_path)).refusal)


def test_a_folder_too_high_names_the_one_that_is_meant(tmp_path: Path) -> None:
    for version in ("9", "10"):
        (tmp_path / "export" / "pets" / version).mkdir(parents=True)
        (tmp_path / "export" / "pets" / version / "saved_model.pb").touch()
    refusal = str(choose(sentinel.workspace, SETTINGS, str(tmp_path)).refusal)
    assert "It has no saved_model.pb itself; below it export/pets/9 and export/pets/10 have one." in refusal
    assert refusal.endswith(f"Give one of them, such as {tmp_path}/export/pets/10")
