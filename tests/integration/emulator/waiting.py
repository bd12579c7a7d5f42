"""What the tests of the emulator share: where it is, and how to wait for something without a fixed sleep."""

import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION

T = TypeVar("T")
Fault = Callable[..., "subprocess.CompletedProcess[str]"]
"""The command `fault` with these arguments."""


@dataclass(frozen=True)
class Emulator:
    folder: Path
    address: dict[str, Any]

    @property
    def http(self) -> str:
        return str(self.address["http"])

    @property
    def environment(self) -> dict[str, str]:
        variables: dict[str, str] = self.address["environment"]
        return variables

    @property
    def scope(self) -> str:
        """The workspace's resource id, a part of nearly every path."""
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
        return f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{NAME}"

    def children(self) -> list[psutil.Process]:
        """Every process below the emulator's own."""
        return psutil.Process(self.address["pid"]).children(recursive=True)

    def moves_data(self) -> bool:
        """Whether a process is in the folder of a run: scripts are in a folder of that."""
        for process in self.children():
            with suppress(psutil.Error):  # it has ended meanwhile
                if Path(process.cwd()).parent == self.folder / "runs":
                    return True
        return False


def until(condition: Callable[[], T], what: str, seconds: float = 30) -> T:
    """The first true value of `condition`; fails the test, saying what it waited for, when the time is up."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.05)
    return value
