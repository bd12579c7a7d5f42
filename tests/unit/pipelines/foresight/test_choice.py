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
