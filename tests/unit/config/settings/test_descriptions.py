"""What settings.yml's keys are, said below each field in its source."""

import subprocess
import sys

from config.loading.descriptions import description
from config.settings import Settings

PROGRAM = """
import inspect

def refuse(*_):
    raise AssertionError("sources are read at the import")

inspect.getsource = inspect.getsourcelines = inspect.findsource = refuse
import config.settings
"""


def test_sources_are_read_only_when_somebody_asks_what_a_key_is() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_each_key_says_what_it_is() -> None:
    service = Settings.model_fields["service"].annotation
    assert service is not None
    assert [key for key in service.model_fields if not description(service, key)] == []
