"""A browser that is signed in."""

import pytest

from tests.integration.emulator.studio.studio_client import Studio
from tests.integration.emulator.waiting import Emulator


@pytest.fixture(scope="module")
def studio(emulator: Emulator) -> Studio:
    return Studio(emulator)
