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
from tempfile import TemporaryDirectory
from typing import TextIO, cast

from config.errors import AmlGpuError, ConfigError, ModelError, NotBlessedError, TamperedError, WorkspaceError
from config.escaping.inert import inert
from config.no_room import no_room
from steps.artifacts.artifact import Artifact, write_whole
from steps.artifacts.recorded import MEND, fetched, property_of, sha256_of
from workspaces.errors import RequestError
from workspaces.jobs.runs import Run
from workspaces.opening import current_run

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
    """Record the artifact, keep it with the run as ``outputs/<file name>``, and write it for the next step.

    Recorded first: a file of the run without that may be anybody's. Azure ML changes no property and replaces no file
    of a run. Where the step was restarted in its run, as on a node that was taken away, the next step gets what was
    recorded then, if it agrees with what this life found: whoever may write to runs may have recorded it.
    TamperedError, or WorkspaceError where that is lost.
    """
    name = artifact.file_name
    recorded = run.properties().get(property_of(name))
    if recorded is None:
        if artifact.kept_as() in run.files():
            raise TamperedError(f"the run {run.id} has a file {artifact.kept_as()} that this step didn't keep: {MEND}")
        content = artifact.to_bytes()
        run.add_properties({property_of(name): sha256_of(content)})
        _keep(run, artifact, content)
    else:
        content = _recorded_before(run, artifact, recorded, folder)
    write_whole(folder / name, content)


def _recorded_before(run: Run, artifact: Artifact, recorded: str, folder: Path) -> bytes:
    """The content that was recorded before a restart: as the run kept it, as it was written, or the same once more."""
    print(f"{artifact.file_name} was recorded before this step was restarted: that one counts")
    kept = fetched(run, artifact.kept_as())
    written = folder / artifact.file_name
    for content in (kept, written.read_bytes() if written.is_file() else None, artifact.to_bytes()):
        if content is not None and sha256_of(content) == recorded:
            _check_agrees(run, artifact, content)
            if kept is None:
                _keep(run, artifact, content)
            return content
    raise WorkspaceError(
        f"{artifact.file_name}: this step was killed and restarted after it recorded the SHA-256 {recorded}, and "
        "no file with it is left: start a new run"
    )


def _check_agrees(run: Run, artifact: Artifact, recorded: bytes) -> None:
    before = artifact.parse(recorded, artifact.kept_as())
    if before.agrees_with(artifact):
        return
    old, new = before.decides(), artifact.decides()
    other = ", ".join(sorted(key for key in old if old[key] != new[key])) or "action"
    raise TamperedError(
        f"{artifact.file_name}: what the run {run.id} has recorded of it differs from what this step found in {other}: "
        f"the step was restarted and found something else than before, or somebody else recorded it: {MEND}"
    )


def _keep(run: Run, artifact: Artifact, content: bytes) -> None:
    with TemporaryDirectory() as work:
        run.keep({artifact.kept_as(): write_whole(Path(work) / artifact.file_name, content)})


def keep(run: Run, files: Mapping[str, Path]) -> bool:
    """Keep files with the run, by their names there; True where some were there already, of a life before a restart."""
    there = set(run.files())
    new = {name: path for name, path in files.items() if name not in there}
    run.keep(new)
    return len(new) < len(files)


def git_commit() -> str:
    """The commit that the pipeline was built from, with its code; ``unknown`` where there was no git checkout."""
    return os.environ.get("AMLGPU_GIT_COMMIT", "unknown")
