"""`kill -9` in the middle of everything, in short; `make soak` runs the long form."""

from pathlib import Path

from tests.integration.emulator.kills.rounds import kill_repeatedly


def test_nothing_that_was_answered_is_lost(tmp_path: Path) -> None:
    print(kill_repeatedly(tmp_path, kills=3, seed=4))
