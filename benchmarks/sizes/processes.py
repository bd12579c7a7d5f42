"""Peaks of memory: the resident bytes of the processes of a release, added up by what they work for."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import psutil

CLIENT, SERVER, SERVICE, OTHER = "amlgpu run", "local workspace", "service", "what starts the steps"
PAUSE = 0.1  # seconds
Peaks = dict[str, int]
"""Bytes by CLIENT, SERVER, SERVICE, OTHER, or the id of a step's run."""


@contextmanager
def peaks_of(client: int, state: Path) -> Iterator[Peaks]:
    """The peaks of a client's process and of the local workspace in ``state``, with all that they start."""
    peaks: Peaks = {}
    ended = Event()

    def look() -> None:
        while not ended.wait(PAUSE):
            for name, size in _sizes(client, state).items():
                peaks[name] = max(size, peaks.get(name, 0))

    thread = Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        ended.set()
        thread.join()


def _sizes(client: int, state: Path) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for root, role in ((client, CLIENT), (_server(state), SERVER)):
        if root is not None:
            with suppress(psutil.Error):
                _add(psutil.Process(root), role, state, sizes)
    return sizes


def _add(process: psutil.Process, role: str, state: Path, sizes: dict[str, int]) -> None:
    """Of a process and those that it started: one that works in a run's or a service's folder is that's."""
    with suppress(psutil.Error):
        sizes[role] = sizes.get(role, 0) + process.memory_info().rss
        for child in process.children():
            _add(child, role if role == CLIENT else _role(child, role, state), state, sizes)


def _role(process: psutil.Process, parent: str, state: Path) -> str:
    folder = Path(process.cwd())
    kind, *rest = folder.relative_to(state).parts if folder.is_relative_to(state) else ("",)
    if kind == "runs" and rest:
        return rest[0]
    if kind == "services":
        return SERVICE
    return OTHER if parent == SERVER else parent


def _server(state: Path) -> int | None:
    from azureml_emulator.state.disk.files import LOCK

    file = state / LOCK
    owner = file.read_text() if file.is_file() else ""
    return int(owner) if owner.isdecimal() else None
