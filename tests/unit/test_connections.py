"""Replica and local workspace bound their connections alike, though neither may import the other."""

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
REPLICA = REPOSITORY / "scoring" / "web" / "connections"
WORKSPACE = REPOSITORY / "emulator" / "azureml_emulator" / "server" / "connections"
FILES = sorted(path.name for path in REPLICA.glob("*.py"))


def test_both_have_the_same_files() -> None:
    assert sorted(path.name for path in WORKSPACE.glob("*.py")) == FILES


@pytest.mark.parametrize("name", FILES)
def test_the_files_differ_in_their_place_only(name: str) -> None:
    replica, workspace = ((folder / name).read_text(encoding="utf-8") for folder in (REPLICA, WORKSPACE))
    expected = replica.replace("scoring.web.connections", "azureml_emulator.server.connections")
    assert workspace == expected.replace("The local workspace has", "The scoring service has")
