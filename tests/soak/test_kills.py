"""The local workspace under `kill -9`. `make soak` runs it; the count and the seed come from these variables."""

import os
import random
from pathlib import Path

import pytest

from tests.integration.emulator.kills.rounds import kill_repeatedly

KILLS = int(os.environ.get("SOAK_KILLS", "100"))
SEED = int(os.environ.get("SOAK_SEED", random.randrange(2**32)))  # noqa: S311

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]


def test_nothing_that_was_answered_is_lost(tmp_path: Path) -> None:
    print(f"\nseed {SEED}")
    print(kill_repeatedly(tmp_path, KILLS, SEED))
