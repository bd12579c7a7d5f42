from unittest.mock import sentinel

import pytest

from config.errors import ConfigError
from pipelines.plan import choose


@pytest.mark.parametrize("model", ["no/such/folder", "-1", "newest"])
def test_what_is_no_model_is_named(model: str) -> None:
    with pytest.raises(ConfigError, match=f"--model {model}: neither a folder here"):
        choose(sentinel.workspace, "digits", model)
