"""What proves an artifact: its SHA-256, a property of the run that made it.

Artifacts lie on the datastore and among the files of runs, where whoever may write to the storage can replace them.
Azure ML lets nobody change or remove a property of a run, and a step records its own before it hands anything on. The
run is found by the step's name among those of a pipeline run, never by what an artifact says.
https://learn.microsoft.com/azure/machine-learning/how-to-track-monitor-analyze-runs
"""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from config.errors import TamperedError, WorkspaceError
from steps.artifacts.artifact import Artifact
from workspaces.jobs.runs import Run

PREFIX = "amlgpu.sha256."
"""Of the property's name; what follows is the name of the file."""
MEND = "find out who may write to the workspace's storage, then start a new run"

Kind = TypeVar("Kind", bound=Artifact)


def property_of(name: str) -> str:
    """Name of the property that holds the SHA-256 of the file ``name``."""
    return PREFIX + name


def sha256_of(content: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def record(run: Run, contents: Mapping[str, bytes]) -> None:
    """Record files of these names, but for those that the run recorded before a restart."""
    known = run.properties()
    new = {property_of(name): sha256_of(content) for name, content in contents.items()}
    run.add_properties({key: digest for key, digest in new.items() if key not in known})


def receive(run: Run, kind: type[Kind], folder: Path) -> Kind:
    """What an earlier step of this very pipeline run has left in ``folder``.

    TamperedError where it isn't what that step recorded, or it recorded nothing; WorkspaceError where there is none.
    """
    path = folder / kind.file_name
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise WorkspaceError(f"{path} isn't there: see the log of the step {kind.step}") from None
    check_made(run, kind, content)
    return kind.parse(content, str(path))


def receive_kept(run: Run, kind: type[Kind]) -> Kind:
    """The same, as that step kept it with its own run, where nobody can replace it unseen.

    WorkspaceError also where it kept none.
    """
    step = run.workspace.runs.step(run.pipeline_run_id, kind.step)
    content = fetched(step, kind.kept_as()) if step else None
    if content is None:
        raise WorkspaceError(f"the step {kind.step} has kept no {kind.file_name}")
    check_made(run, kind, content)
    return kind.parse(content, kind.kept_as())


def check_made(run: Run, kind: type[Artifact], content: bytes) -> None:
    """TamperedError unless that step of the run's own pipeline run recorded this content."""
    step = run.workspace.runs.step(run.pipeline_run_id, kind.step)
    if step is None:
        raise TamperedError(f"{kind.file_name}: the run {run.pipeline_run_id} has no step {kind.step}: {MEND}")
    recorded = step.properties().get(property_of(kind.file_name))
    if recorded is None:
        raise TamperedError(
            f"{kind.file_name}: the step {kind.step} (run {step.id}) has recorded no SHA-256 of it, so "
            f"anybody may have written it: {MEND}"
        )
    check(kind.file_name, content, recorded, step)


def has_recorded(steps: Mapping[str, Run]) -> bool:
    """Whether any step of a pipeline run recorded anything: one of before this was recorded has no such property."""
    return any(key.startswith(PREFIX) for step in steps.values() for key in step.properties())


def fetch_kept(steps: Mapping[str, Run], kind: type[Kind]) -> Kind | None:
    """What a run of before has kept; None where it kept none.

    A run of before artifacts were recorded has no property of any step, and none can be taken away: its files are
    believed. TamperedError where it isn't what the step recorded, or it alone was not recorded; WorkspaceError for
    another version's.
    """
    return parsed(kind, kept_content(steps, kind))


def parsed(kind: type[Kind], content: bytes | None) -> Kind | None:
    """The value of such bytes. WorkspaceError for another version's."""
    return None if content is None else kind.parse(content, kind.kept_as())


def kept_content(steps: Mapping[str, Run], kind: type[Artifact]) -> bytes | None:
    """The bytes of the same."""
    step = steps.get(kind.step)
    content = fetched(step, kind.kept_as()) if step else None
    if step and content is not None:
        _check_kept(steps, step, kind.file_name, content)
    return content


def fetched(run: Run, name: str) -> bytes | None:
    """The content of one of the run's files; None where it keeps none of that name."""
    if name not in run.files():
        return None
    with TemporaryDirectory() as work:
        path = Path(work) / Path(name).name
        run.fetch(name, path)
        return path.read_bytes()


def _check_kept(steps: Mapping[str, Run], step: Run, name: str, content: bytes) -> None:
    recorded = step.properties().get(property_of(name))
    if recorded is not None:
        check(name, content, recorded, step)
    elif has_recorded(steps):
        raise _never_recorded(name, f"the step {step.name} (run {step.id})")


def check_files(steps: Mapping[str, Run], folder: Path, names: Collection[str]) -> None:
    """TamperedError unless all that steps recorded, and that lies in ``folder``, is what they recorded.

    Of a run that recorded anything, ``names`` are believed only if they were recorded.
    """
    recorded = {
        key.removeprefix(PREFIX): (step, digest)
        for step in steps.values()
        for key, digest in step.properties().items()
        if key.startswith(PREFIX)
    }
    for name, (step, digest) in recorded.items():
        if (file := folder / Path(name).name).is_file():
            check(name, file.read_bytes(), digest, step)
    for name in names if recorded else ():
        if name not in recorded and (folder / name).is_file():
            raise _never_recorded(name, "a step of this run")


def _never_recorded(name: str, where: str) -> TamperedError:
    return TamperedError(
        f"{name}: {where} has such a file and recorded no SHA-256 of it, so anybody may have written it: {MEND}"
    )


def check(name: str, content: bytes, recorded: str, step: Run) -> None:
    """TamperedError unless ``content`` has the SHA-256 that the step recorded."""
    found = sha256_of(content)
    if found != recorded:
        raise TamperedError(
            f"{name} isn't what the step {step.name} wrote: its SHA-256 is {found}, the run {step.id} recorded "
            f"{recorded}. Somebody changed it, so nothing of it is believed: {MEND}"
        )
