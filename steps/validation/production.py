"""The version that the service runs now, brought here to be measured beside a candidate."""

from dataclasses import dataclass
from pathlib import Path

from steps.artifacts.candidate import Candidate
from steps.registration.versions import download_version, find_version
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


def live_state(workspace: Workspace, service_name: str) -> ServiceState | None:
    """What the service runs now; None when there is none, or it has no model."""
    state = workspace.services.find(service_name)
    return state if state and state.models else None


def is_candidate(state: ServiceState, candidate: Candidate, environment: str, scoring_hash: str) -> bool:
    """Whether the service runs the candidate itself, in the same environment and with the same scoring code."""
    same = {"model_hash": candidate.content_hash, "environment": environment, "scoring_hash": scoring_hash}
    return state.models == (candidate.model,) and all(state.tags.get(key) == value for key, value in same.items())


def bring(workspace: Workspace, state: ServiceState, root: Path, work: Path) -> Live:
    """Download the live version into ``work``, and the scoring code that it was released with.

    The code is ``root``'s where the run that deployed it is gone. ModelError when the version is gone.
    """
    name, _, version = state.models[0].partition(":")
    model_dir = download_version(workspace, find_version(workspace, name, int(version)), work)
    code = released_code(workspace, state.tags.get("run_id"), work / "production")
    return Live(state.models[0], model_dir, code or root, state.tags.get("precision"))
