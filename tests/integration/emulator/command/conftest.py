"""A machine whose emulator is stopped in the end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.emulator.command.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    machine.emulator("down")


@pytest.fixture
def write(machine: Machine) -> Callable[..., None]:
    def file(path: str, content: str) -> None:
        target = machine.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)

    return file
