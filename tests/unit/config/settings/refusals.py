"""What is said of settings that can't be."""

import pytest

from config.errors import ConfigError
from config.settings import load_settings


def refusal(overrides: dict[str, str], target: str = "prod") -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(target, overrides, environ={})
    return str(caught.value)
