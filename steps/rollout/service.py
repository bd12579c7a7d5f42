"""The web service: what it runs now, and how to make it run something else."""

import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from config.errors import DeploymentError
from steps.artifacts.candidate import Candidate
from steps.rollout.shortage import shortage
from steps.server_log import own_words, reason
from workspaces.errors import Busy, RequestError
from workspaces.services import BUSY, HEALTHY, Configuration, Revision, ServiceState, Staged
from workspaces.workspace import Workspace

SAME_IF_EQUAL = ("model_version", "model_hash", "environment", "service_config_hash", "scoring_hash")
POLL_SECONDS = 2.0
LOG_LINES = 200
SUMMARY_CHARACTERS = 500


def already_serves(state: ServiceState | None, model: str, tags: Mapping[str, str]) -> bool:
    """True when a healthy service runs this model with the same environment, settings and scoring code."""
    return state is not None and state.state == HEALTHY and is_release_of(state, model, tags)


def is_release_of(state: ServiceState, model: str, tags: Mapping[str, str]) -> bool:
    """The same of a service in whatever state."""
    return state.models == (model,) and all(state.tags.get(key) == tags[key] for key in SAME_IF_EQUAL)


def is_superseded(state: ServiceState | None, candidate: Candidate) -> bool:
    """True when the service runs a newer version of the candidate's model."""
    name, _, version = (state.models[0] if state and state.models else "").partition(":")
    return name == candidate.model_name and int(version) > candidate.model_version


def wait_idle(workspace: Workspace, name: str, seconds: float) -> ServiceState | None:
    """The service once no operation changes it any more, or None where there is none: two at once would be refused.

    DeploymentError when the operation under way takes longer than ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while (state := workspace.services.find(name)) is not None and state.state in BUSY:
        if time.monotonic() > deadline:
            raise DeploymentError(
                f"service {name} has been {state.state} for {seconds:g} s: see its log, then run again"
            )
        time.sleep(POLL_SECONDS)
    return state


def check_gpus(workspace: Workspace, name: str, state: ServiceState, wanted: Configuration) -> None:
    """DeploymentError where an update to ``wanted`` would have to take GPUs away."""
    if kept := workspace.services.kept_gpus(state, wanted):
        raise DeploymentError(
            f"service {name} has {kept} GPU a replica and an update can't take them away: delete the service "
            "first (its keys change), or choose another service.name"
        )


def create(workspace: Workspace, name: str, cluster: str, revision: Revision, wanted: Configuration) -> None:
    """Ask for a new service; returns before it is up. DeploymentError where Azure ML sees at once that it won't fit."""
    with _fitting(name):
        workspace.services.create(name, cluster, revision, wanted)


def stage(workspace: Workspace, name: str, cluster: str, revision: Revision, wanted: Configuration) -> None:
    """Ask for a candidate beside the service, as create() does."""
    with _fitting(name):
        workspace.services.stage(name, cluster, revision, wanted)


@contextmanager
def _fitting(name: str) -> Iterator[None]:
    try:
        yield
    except RequestError as error:
        if short := shortage(str(error)):
            raise DeploymentError(f"service {name} was not deployed: {short}") from error
        raise


def update(workspace: Workspace, name: str, revision: Revision, wanted: Configuration, seconds: float) -> None:
    """Ask the live service to become ``revision``, replica by replica; returns before it has.

    An operation under way is waited for, up to ``seconds``: a service may look healthy while it is being updated.
    """
    insist(name, lambda: workspace.services.update(name, revision, wanted), seconds)


def update_tags(workspace: Workspace, name: str, tags: Mapping[str, str], seconds: float) -> None:
    """Give the service these tags and leave its replicas alone; an operation is waited for, as in update()."""
    insist(name, lambda: workspace.services.set_tags(name, tags), seconds)


def insist(name: str, ask: Callable[[], None], seconds: float) -> None:
    """Ask for a change, again while an operation under way is in its way. DeploymentError after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not _took(ask):
        if time.monotonic() > deadline:
            raise DeploymentError(f"service {name} has been changed by an operation for {seconds:g} s: run again")
        time.sleep(POLL_SECONDS)


def _took(ask: Callable[[], None]) -> bool:
    """Ask for a change; False when an operation under way is in its way."""
    try:
        ask()
    except Busy:
        return False
    return True


def wait_healthy(workspace: Workspace, name: str, seconds: float) -> ServiceState:
    """Wait for the operation under way; DeploymentError, with the reason in the service's log, if it fails or is late.

    All that Azure ML and the log say is printed: it belongs in the step's log, not in one message.
    """
    said = workspace.services.wait(name, seconds)
    state = workspace.services.find(name)
    if state and state.state == HEALTHY and not said:
        return state
    raise _not_deployed(workspace, name, said, state)


def wait_staged(workspace: Workspace, name: str, seconds: float) -> Staged:
    """The same for the candidate beside the service."""
    said = workspace.services.wait(name, seconds)
    staged = workspace.services.staged(name)
    if staged and staged.state.state == HEALTHY and not said:
        return staged
    raise _not_deployed(workspace, staged.keys_of if staged else name, said, staged.state if staged else None)


def _not_deployed(workspace: Workspace, name: str, said: str, state: ServiceState | None) -> DeploymentError:
    log = _log(workspace, name)
    print(f"{said}\n{log}")
    if short := shortage(said):  # the log is that of replicas that run
        return DeploymentError(f"service {name} was not deployed: {short}")
    summary = textwrap.shorten(said, SUMMARY_CHARACTERS) or (f"its state is {state.state}" if state else "it is gone")
    if words := own_words(log):  # first, since a first line is all that the closing panel shows
        return DeploymentError(f"service {name} was not deployed: {words}\nAzure ML says: {summary}")
    return DeploymentError(f"service {name} was not deployed: {summary}\nIts log says: {reason(log)}")


def settle(workspace: Workspace, name: str) -> None:
    """Remove what an update left for the way back. What can't be removed is told: what is served is proven anyhow."""
    try:
        workspace.services.settle(name)
    except (RequestError, DeploymentError) as error:
        print(f"what ran before {name} was proven is still beside it: {error}")


def _log(workspace: Workspace, name: str) -> str:
    try:
        return workspace.services.log(name, LOG_LINES)
    except (RequestError, DeploymentError) as error:
        print(f"{name} has no log to show: {error}")
        return "nothing, no replica has started"
