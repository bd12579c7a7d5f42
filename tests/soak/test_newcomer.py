"""emulator/README.md in a fresh virtual environment that pip filled from the package index: minutes of downloads."""

from pathlib import Path

import pytest

from tests.e2e.environments import install
from tests.e2e.newcomer import follow

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]


def test_page_after_an_installation_by_pip(tmp_path: Path) -> None:
    printed = follow(tmp_path, install(tmp_path))
    assert "model 1 answers {'y': 42.0}\nlocal workspace stopped\n" in printed
    assert "3 passed" in printed
