"""What the four scripts share: one line for an error of ours, and a place for their artifact."""

import atexit
import gc
import logging
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import TextIO, cast

from config.errors import AmlGpuError, ConfigError, ModelError, NotBlessedError, WorkspaceError
from config.inert import inert
from config.no_room import no_room
from steps.artifacts.artifact import Artifact
from workspaces.errors import RequestError
from workspaces.opening import current_run
from workspaces.runs import Run

TAG_CHARACTERS = 1000
"""Of a run's: https://learn.microsoft.com/azure/machine-learning/resource-limits-capacity"""
REASON = "reason"
"""Tag of a step that failed and of its pipeline run: why, in a line."""
REFUSALS = (ConfigError, ModelError, NotBlessedError)
"""What the project exists to turn away: nothing of it is broken, and nothing that is served was touched."""


class _InertStream:
    """A stream on which what comes from outside acts on no terminal that shows it, and ends no print()."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(inert(text))

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def run_script(main: Callable[[], None]) -> None:
    """Run ``main`` and end the process; an expected error is one message on stderr and its class's exit code."""
    atexit.register(gc.freeze)  # else the process ends by looking for garbage among all that TensorFlow and the SDK are
    # A step's log is for what the step did: not for the SDK's advice on each call to move to its successor.
    logging.getLogger("azureml").setLevel(logging.ERROR)
    warnings.simplefilter("ignore", FutureWarning)
    output, errors = cast(TextIO, _InertStream(sys.stdout)), cast(TextIO, _InertStream(sys.stderr))
    with redirect_stdout(output), redirect_stderr(errors):
        _run(main)


def _run(main: Callable[[], None]) -> None:
    try:
        main()
    except RequestError as error:
        fail(WorkspaceError(f"Azure ML refused or failed a request: {error}"))
    except AmlGpuError as error:
        fail(error)
    except Exception as error:
        if full := no_room(error):
            fail(full)
        raise


def fail(error: AmlGpuError) -> None:
    """Print the error, tag the run with it, and exit with its code."""
    print(f"error: {error}", file=sys.stderr, flush=True)
    if not isinstance(error, WorkspaceError):  # what didn't take a request would take this one no better
        tag_reason(error)
    sys.exit(error.exit_code)


def tag_reason(error: AmlGpuError) -> None:
    """Say in the run's tags why it failed, as far as it can be reached; a refusal begins with ``refused:``."""
    with suppress(RequestError):
        current_run().tag({REASON: reason_of(error)})


def reason_of(error: AmlGpuError) -> str:
    """The error in one line that a tag can hold."""
    said = " ".join(f"{'refused: ' * isinstance(error, REFUSALS)}{error}".split())
    return said if len(said) <= TAG_CHARACTERS else f"{said[: TAG_CHARACTERS - 1]}…"


def publish(run: Run, artifact: Artifact, folder: Path) -> None:
    """Write the artifact for the next step and keep it with the run, as ``outputs/<file name>``.

    Azure ML replaces no file of a run. Where the step was restarted in its run, as on a node that was taken away, the
    next step gets what the run has: the two are never different. WorkspaceError when that isn't whole.
    """
    name, path = f"outputs/{artifact.file_name}", artifact.write(folder)
    if name in run.files():
        print(f"{name} was kept before this step was restarted: that one counts")
        run.fetch(name, path)
        artifact.read(folder)
    else:
        run.keep({name: path})


def keep(run: Run, files: Mapping[str, Path]) -> bool:
    """Keep files with the run, by their names there; True where some were there already, of a life before a restart."""
    there = set(run.files())
    new = {name: path for name, path in files.items() if name not in there}
    run.keep(new)
    return len(new) < len(files)


def git_commit() -> str:
    """The commit that the pipeline was built from, with its code; ``unknown`` where there was no git checkout."""
    return os.environ.get("AMLGPU_GIT_COMMIT", "unknown")
