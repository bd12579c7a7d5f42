"""Shows how far an upload is."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from steps.folders.datastore import Progress as Watcher
from steps.folders.datastore import unwatched

NAMES = {"models": "model", "validation": "validation data"}


@contextmanager
def upload_bars(console: Console, *, shown: bool) -> Iterator[Watcher]:
    """A bar for each kind of what is sent, where they are to be shown and the console is a terminal."""
    if not (shown and console.is_terminal):
        yield unwatched
        return
    columns = (TextColumn("{task.description}"), BarColumn(None), DownloadColumn(), TimeRemainingColumn())
    # What the SDK prints meanwhile goes where it went before.
    with Progress(*columns, console=console, expand=True, redirect_stdout=False, redirect_stderr=False) as bars:
        tasks: dict[str, TaskID] = {}

        def watch(kind: str, there: int, total: int) -> None:
            if kind not in tasks:
                tasks[kind] = bars.add_task(f"uploading {NAMES.get(kind, kind)}", total=total)
            bars.update(tasks[kind], completed=there)

        yield watch
