"""What a workspace has proven of a version: found by the run that released it, and believed as that run recorded it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from config.errors import DeploymentError, ModelError, NotBlessedError, TamperedError
from config.settings import Settings
from scoring.contract import Contract
from steps.artifacts.artifact import Artifact
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.recorded import fetch_kept, has_recorded
from steps.artifacts.release import Release
from steps.artifacts.verdict import Verdict
from steps.folders.manifest import CONTENT_NAMED
from steps.registration.versions import RELEASED_BY, VERSION_HASH, find_version
from steps.rollout.released import check_released
from workspaces.jobs.runs import Run
from workspaces.models import ModelVersion
from workspaces.services import ServiceState
from workspaces.workspace import Workspace

Kind = TypeVar("Kind", bound=Artifact)


@dataclass(frozen=True)
class Proof:
    """A version that was released, and what its release recorded."""

    version: ModelVersion
    run_id: str
    candidate: Candidate
    verdict: Verdict
    contract: Contract
    version_hash: str
    released_at: datetime | None
    """UTC, by Azure ML: the end of the run's smoke test."""

    def as_json(self) -> dict[str, Any]:
        passed = sum(check.outcome == "pass" for check in self.verdict.checks)
        return {
            "model": self.version.id,
            "run_id": self.run_id,
            "released_at": self.released_at.isoformat() if self.released_at else None,
            "verdict": {"status": self.verdict.status, "passed": passed, "metrics": self.verdict.metrics},
            "content_hash": self.verdict.content_hash,
            "version_hash": self.version_hash,
            "validation_data": self.candidate.validation_data,
        }


def find_proof(workspace: Workspace, settings: Settings, number: int | None) -> Proof:
    """Of the version ``number``, the newest run that released it; without, that of what the service runs.

    Only a run whose smoke test recorded a release is believed, and only one that was BLESSED: DeploymentError and
    NotBlessedError else; TamperedError where what it kept isn't what it recorded, or it released something else.
    """
    if number is None:
        state = _live(workspace, settings)
        run_id = _run_of(state, settings)
    else:
        state, run_id = None, _run_of_version(workspace, settings, number)
    steps = workspace.runs.steps(run_id)
    if not has_recorded(steps):
        raise DeploymentError(
            f"the run {run_id} on {settings.target} is gone, or recorded nothing that its files could be known by: "
            f"{_release_anew(settings)}"
        )
    _check_proven(steps, run_id, settings)
    candidate, verdict = _kept(steps, Candidate, run_id, settings), _kept(steps, Verdict, run_id, settings)
    deployment = _kept(steps, Deployment, run_id, settings)
    _check_one_release(candidate, verdict, deployment, settings, number, state)
    _check_blessed(verdict, deployment, run_id, settings)
    contract, version_hash = candidate.contract, verdict.version_hash
    if contract is None or version_hash is None:
        raise DeploymentError(
            f"the run {run_id} on {settings.target} is of before contracts and hashes of versions were recorded: "
            f"{_release_anew(settings)}"
        )
    version = find_version(workspace, candidate.model_name, candidate.model_version, settings.options)
    _check_version(version, version_hash, candidate, settings)
    return Proof(version, run_id, candidate, verdict, contract, version_hash, steps[Release.step].ended())


def _live(workspace: Workspace, settings: Settings) -> ServiceState:
    state = workspace.services.find(settings.service.name)
    if state is None:
        raise DeploymentError(
            f"{settings.target} has no live service {settings.service.name} whose version could be promoted: release "
            f"one there with `amlgpu run {settings.options}`, or name a version that was released with --version"
        )
    return state


def _run_of(state: ServiceState, settings: Settings) -> str:
    if "run_id" not in state.tags:
        raise DeploymentError(
            f"no run of this project released what the service {settings.service.name} runs on {settings.target}: "
            f"{_release_anew(settings)}"
        )
    return state.tags["run_id"]


def _run_of_version(workspace: Workspace, settings: Settings, number: int) -> str:
    model = find_version(workspace, settings.model.name, number, settings.options)
    released_by = model.tags.get(RELEASED_BY[workspace.sdk])
    if released_by is None:
        raise DeploymentError(
            f"{model.id} was never released on {settings.target}: release it with "
            f"`amlgpu run --model {number} {settings.options}`"
        )
    return released_by


def _check_proven(steps: dict[str, Run], run_id: str, settings: Settings) -> None:
    release = fetch_kept(steps, Release)
    if release is None or not release.queries:  # of a run that another one overtook
        raise DeploymentError(
            f"the run {run_id} on {settings.target} has proven nothing: no smoke test of it recorded a release. Wait "
            f"for its end, name another version with --version, or {_release_anew(settings)}"
        )


def _kept(steps: dict[str, Run], kind: type[Kind], run_id: str, settings: Settings) -> Kind:
    found = fetch_kept(steps, kind)
    if found is None:
        raise DeploymentError(
            f"the run {run_id} on {settings.target} has no {kind.file_name} any more: {_release_anew(settings)}"
        )
    return found


def _check_one_release(
    candidate: Candidate,
    verdict: Verdict,
    deployment: Deployment,
    settings: Settings,
    number: int | None,
    state: ServiceState | None,
) -> None:
    """TamperedError unless all three are of one version, and that is the one that was asked for, of this service."""
    name = settings.service.name
    if state is not None:
        check_released(deployment, name, state)
    measured = (verdict.model_name, verdict.model_version, verdict.content_hash)
    if measured != (candidate.model_name, candidate.model_version, candidate.content_hash):
        raise TamperedError(
            f"the run {candidate.run_id} on {settings.target} registered {candidate.model} and judged "
            f"{verdict.model_name}:{verdict.model_version}: {_release_anew(settings)}"
        )
    expected = (name, f"{settings.model.name}:{number}" if number else candidate.model, candidate.model)
    if (deployment.service_name, candidate.model, deployment.model) != expected:
        raise TamperedError(
            f"the tag {RELEASED_BY[settings.workspace.sdk]} of {expected[1]} on {settings.target} names the run "
            f"{deployment.run_id}, which released {deployment.model} as {deployment.service_name}, not {expected[1]} "
            f"as {name}: somebody changed the tag, or it was released as another service: {_release_anew(settings)}"
        )


def _check_blessed(verdict: Verdict, deployment: Deployment, run_id: str, settings: Settings) -> None:
    reason = deployment.forced_reason
    if verdict.status == "BLESSED" and reason is None:
        return
    found = f"found it {verdict.status}" if verdict.status != "BLESSED" else "couldn't have put back what ran before"
    why = f" by force ({reason})" if reason else ""
    raise NotBlessedError(
        f"{deployment.model} was released on {settings.target}{why}: the run {run_id} {found}. What was forced isn't "
        "promoted: mend what stood in the way and release it there without --force"
    )


def _check_version(version: ModelVersion, measured: str, candidate: Candidate, settings: Settings) -> None:
    registered = version.properties.get(VERSION_HASH)
    if registered != measured:
        raise TamperedError(
            f"{version.id} on {settings.target} was registered with the hash {registered or 'of nothing'}, its run "
            f"validated files with {measured}: {_release_anew(settings)}"
        )
    if CONTENT_NAMED.fullmatch(candidate.validation_data) is None:
        raise ModelError(
            f"{version.id} was validated on {settings.target} with {candidate.validation_data}, whose name doesn't "
            f"tell its content, so nobody knows whether it is still the same: release it anew with "
            f"`amlgpu run --model {version.version} --validation-data DIR {settings.options}`"
        )


def _release_anew(settings: Settings) -> str:
    return f"release it anew with `amlgpu run {settings.options}`"
