"""The version that the service runs now, brought here to be measured beside a candidate."""

from dataclasses import dataclass
from pathlib import Path

from scoring.contract import Contract
from steps.artifacts.candidate import Candidate
from steps.querying.bodies import input_kind, takes_json
from steps.registration.versions import contract_in, download_version, find_version
from steps.rollout.released import released_code
from workspaces.services import ServiceState
from workspaces.workspace import Workspace


@dataclass(frozen=True)
class Live:
    """A model version, with the scoring code and the arithmetic that it is served with."""

    model: str
    """``name:version``."""
    model_dir: Path
    """What the service sees as AZUREML_MODEL_DIR."""
    root: Path
    """Folder that holds ``scoring/``."""
    precision: str | None
    """None: a release of before this was recorded."""
    contract: Contract | None
    """None: a release of before there were contracts."""


def live_state(workspace: Workspace, service_name: str) -> ServiceState | None:
    """What the service runs now; None when there is none, or it has no model."""
    state = workspace.services.find(service_name)
    return state if state and state.models else None


def is_candidate(state: ServiceState, candidate: Candidate, environment: str, scoring_hash: str) -> bool:
    """Whether the service runs the candidate itself, in the same environment and with the same scoring code."""
    same = {"model_hash": candidate.content_hash, "environment": environment, "scoring_hash": scoring_hash}
    return state.models == (candidate.model,) and all(state.tags.get(key) == value for key, value in same.items())


def bring(workspace: Workspace, service_name: str, state: ServiceState, root: Path, work: Path) -> Live:
    """Download the live version into ``work``, and the scoring code that it was released with.

    The code is ``root``'s where the run that deployed it is gone. ModelError when the version is gone, TamperedError as
    released_code() and download_version().
    """
    name, _, version = state.models[0].partition(":")
    model_dir = download_version(workspace, find_version(workspace, name, int(version)), work)
    code = released_code(workspace, service_name, state, work / "production")
    return Live(state.models[0], model_dir, code or root, state.tags.get("precision"), contract_in(model_dir))


def why_incomparable(candidate: Contract | None, live: Contract | None) -> str:
    """Why the two can't be compared on the same samples, by what they take and answer; empty where they can."""
    if takes_json(candidate) != takes_json(live):
        return f"production takes {input_kind(live)}, this candidate {input_kind(candidate)}"
    ours, theirs = (one.task.kind if one else "classification" for one in (candidate, live))
    if ours != theirs:
        return f"production's task is {theirs}, this candidate's {ours}"
    if candidate and live and candidate.task.labels and live.task.labels and candidate.task.labels != live.task.labels:
        return "production has other classes, or another order of them, than this candidate"
    return ""
