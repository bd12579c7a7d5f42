"""Bring what a run wrote, its artifacts and logs, to this machine: one folder a run."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from config.errors import AmlGpuError, NotBlessedError
from pipelines.local import state_folder
from pipelines.outcome.run_state import RunState
from steps.artifacts.artifact import Artifact
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.recorded import check_files
from steps.artifacts.release import Release
from steps.artifacts.verdict import Verdict
from workspaces.jobs.runs import ENDED, Run, StepState
from workspaces.workspace import Workspace

TAIL_LINES = 12
FORCE_HINT = "\nTo deploy it all the same, give a reason with --force; it stays on the record."
# Azure ML reports the end of a step as "... exited with status code 4. Please check log file ...".
EXIT_CODE = re.compile(r"(?:exit|status) code:? (\d+)")
BELIEVED = (*(kind.file_name for kind in (Candidate, Verdict, Deployment, Release)), "report.html", "report.md")
"""Files of a run that are shown as what its steps found, so that they must have recorded them."""

Kind = TypeVar("Kind", bound=Artifact)


@dataclass(frozen=True)
class Report:
    """How a run ended and what its steps left; a step that wasn't reached or failed early left nothing."""

    run: RunState
    folder: Path
    candidate: Candidate | None
    verdict: Verdict | None
    deployment: Deployment | None
    release: Release | None

    def as_json(self) -> dict[str, Any]:
        """The same for a script: plain values, artifacts as their files hold them."""
        parts: dict[str, Artifact | None] = {
            "candidate": self.candidate,
            "verdict": self.verdict,
            "deployment": self.deployment,
            "release": self.release,
        }
        return {
            "run_id": self.run.run_id,
            "status": self.run.status,
            "reason": self.reason,
            "steps": [vars(step) for step in self.run.steps],
            "report": str(self.folder),
            **{name: part.model_dump(mode="json") if part else None for name, part in parts.items()},
        }

    @property
    def refused(self) -> bool:
        """Whether the verdict is why nothing was released."""
        return (
            not self.run.succeeded and self.verdict is not None and bool(self.verdict.failing) and not self.deployment
        )

    @property
    def reason(self) -> str:
        """Why the run ended as it did, in one line."""
        if self.run.succeeded:
            done = self.deployment
            return f"{done.model_name}:{done.model_version} serves as {done.service_name}" if done else ""
        if self.refused and self.verdict:
            first, *others = self.verdict.failing
            return f"{first}{f' (and {len(others)} more)' if others else ''}"
        step = self.run.failed_step
        if step is None:
            return f"the run ended as {self.run.status} before its last step"
        return f"{step.name} failed: {self._reason(step).splitlines()[0]}"

    def is_of(self, service: str) -> bool:
        """Whether it is about the service of that name, as far as the run came."""
        return self.deployment is None or self.deployment.service_name == service

    def error(self) -> AmlGpuError | None:
        """Why the run didn't release anything, as the error whose exit code says so; None when it did."""
        if self.run.succeeded:
            return None
        step = self.run.failed_step
        if step is None:
            return AmlGpuError(f"The run {self.run.run_id} ended as {self.run.status} before its last step.")
        kind = _kind_of(step)
        hint = FORCE_HINT if kind is NotBlessedError and self.verdict and self.verdict.can_be_forced else ""
        return kind(f"{step.name} failed: {self._reason(step)}{hint}")

    def _reason(self, step: StepState) -> str:
        """What the step itself said; else how it ended by Azure ML, and the end of its log."""
        path = self.folder / "logs" / f"{step.name}.txt"
        log = path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else ""
        _, said, message = log.rpartition("\nerror: ")
        ended = (step.error or "").splitlines()[: 1 if log else None]
        return message if said else "\n".join([*ended, *log.splitlines()[-TAIL_LINES:]]) or "it left no log"


def _kind_of(step: StepState) -> type[AmlGpuError]:
    """The class whose exit code the step's process ended with; AmlGpuError when that isn't known."""
    found = EXIT_CODE.search(step.error or "")
    kinds: dict[int, type[AmlGpuError]] = {kind.exit_code: kind for kind in AmlGpuError.__subclasses__()}
    return kinds.get(int(found[1]), AmlGpuError) if found else AmlGpuError


def fetch_meanwhile(workspace: Workspace, states: Iterable[RunState], fetched: set[str]) -> Iterator[RunState]:
    """The same states; what a step has left is downloaded once it has ended, while the run goes on.

    Names of such steps are added to ``fetched``.
    """
    for state in states:
        yield state
        ended = {step.name for step in state.steps if step.status in ENDED} - fetched
        if ended and not state.ended:
            steps = workspace.runs.steps(state.run_id)
            for name in ended:
                steps[name].fetch_folder("outputs/", _folder(state))
                fetched.add(name)


def fetch_report(workspace: Workspace, state: RunState, fetched: Collection[str] = ()) -> Report:
    """Download the outputs and logs of every step to ``<AMLGPU_HOME>/reports/<run id>``.

    The outputs of the steps in ``fetched`` are there already. TamperedError where they aren't what a step recorded.
    """
    folder = _folder(state)
    steps = workspace.runs.steps(state.run_id)
    for step in steps.values():
        if step.name not in fetched:
            step.fetch_folder("outputs/", folder)
        _keep_log(step, folder / "logs" / f"{step.name}.txt")
    check_files(steps, folder, BELIEVED)  # once all are here: any of them may keep a file under another's name
    parts = (_read(Candidate, folder), _read(Verdict, folder), _read(Deployment, folder), _read(Release, folder))
    return Report(state, folder, *parts)


def _folder(state: RunState) -> Path:
    folder = state_folder() / "reports" / state.run_id
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _read(kind: type[Kind], folder: Path) -> Kind | None:
    return kind.read(folder) if (folder / kind.file_name).exists() else None


def _keep_log(step: Run, path: Path) -> None:
    text = step.log_text()
    if text is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
