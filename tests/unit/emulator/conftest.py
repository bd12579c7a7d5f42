"""A workspace of the emulator that no process serves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from azureml_emulator.state.workspace import Address, LocalWorkspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[LocalWorkspace]:
    workspace = LocalWorkspace(tmp_path, Address(8080, 8443))
    yield workspace
    workspace.close()
