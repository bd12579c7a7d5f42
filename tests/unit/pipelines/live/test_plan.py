from pathlib import Path
from unittest.mock import sentinel

import pytest

from config.errors import ConfigError, ModelError
from pipelines.live.plan import choose


@pytest.mark.parametrize("model", ["no/such/folder", "-1", "newest"])
def test_what_is_no_model_is_named(model: str) -> None:
    with pytest.raises(ConfigError, match=f"--model {model}: neither a folder here"):
        choose(sentinel.workspace, "digits", model)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no saved_model\.pb in it"):
        choose(sentinel.workspace, "digits", str(tmp_path))
