"""Step 4: ask the live service what a client would ask, and write release.json; put the service back if it fails."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from config.errors import AmlGpuError, RollbackError, SmokeTestError
from config.settings import Settings, load_settings
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.recorded import receive, receive_kept
from steps.artifacts.release import Query, Release
from steps.querying.client import Reply, percentile
from steps.querying.queries import DEVICE_HEADER, SamplesError, ask, failures
from steps.registration.versions import RELEASED_BY, mark
from steps.rollout.lease import Lease
from steps.rollout.lease_file import Before
from steps.rollout.put_back import put_back
from steps.rollout.service import is_release_of, is_superseded, settle, wait_idle
from steps.rollout.taking_back import go_back, take_back
from steps.script import publish, run_script
from workspaces.jobs.runs import Run
from workspaces.opening import current_run, open_workspace
from workspaces.services import HEALTHY
from workspaces.workspace import Workspace


def smoke_test(
    workspace: Workspace, candidate: Candidate, deployment: Deployment, settings: Settings, run_id: str
) -> Release:
    """Query the live service, and mark the release or put back what was served before.

    SmokeTestError names every query that failed and says what was put back; RollbackError when that failed too.
    """
    if deployment.action == "superseded":
        return _release(deployment, (), (), run_id)
    lease = Lease.acquire(workspace, deployment.service_name, run_id, settings.service)
    try:
        return _prove(workspace, lease, candidate, deployment, settings, run_id)
    finally:
        lease.give_up()


def _prove(
    workspace: Workspace, lease: Lease, candidate: Candidate, deployment: Deployment, settings: Settings, run_id: str
) -> Release:
    state = wait_idle(workspace, deployment.service_name, settings.service.deploy_timeout_seconds)
    if state is None or not is_release_of(state, candidate.model, deployment.tags):
        if is_superseded(state, candidate):
            return _release(deployment, (), (), run_id)
        runs = f"runs {', '.join(state.models)} ({state.state})" if state else "is gone"
        raise SmokeTestError(
            f"service {deployment.service_name} {runs}, not {candidate.model} any more: somebody "
            "else changed it since the step before deployed it"
        )
    what = f"service {deployment.service_name} failed its smoke test"
    queries: tuple[Query, ...] = ()
    replies: Sequence[Reply] = ()
    try:
        failed = [] if state.state == HEALTHY else [f"its state is {state.state}"]
        if not failed:
            queries, replies = ask(workspace, deployment.service_name, state, candidate, deployment, settings)
            failed = failures(queries)
    except SamplesError as error:  # fails closed: what nobody could prove doesn't stay
        what, failed = f"nothing could be proven about service {deployment.service_name}", [str(error)]
    except AmlGpuError as error:
        failed = [f"it couldn't be asked: {error}"]
    if failed:
        done = go_back(workspace, deployment, lease, settings)
        raise SmokeTestError("\n".join([f"{what}; {done}", *failed]))
    mark(workspace, candidate.model_name, candidate.model_version, {RELEASED_BY[workspace.sdk]: deployment.run_id})
    if not settings.service.keep_previous:
        settle(workspace, deployment.service_name)
    lease.release(proven=True)
    return _release(deployment, queries, replies, run_id)


def undo(run: Run, workspace: Workspace, settings: Settings) -> str:
    """Put back what the service ran, by what deploy_service kept with its run; a clause for what was done.

    For where what it handed on can't be believed: what nobody could prove doesn't stay. RollbackError where nothing
    tells what to go back to.
    """
    try:
        deployment = receive_kept(run, Deployment)
    except AmlGpuError as error:
        print(error)
        return _undo_by_journal(run, workspace, settings, str(error))
    return take_back(workspace, deployment, run.pipeline_run_id, settings)


def _undo_by_journal(run: Run, workspace: Workspace, settings: Settings, reason: str) -> str:
    """The same by the lease's journal: put_back() believes of it only what an earlier run released."""
    name = settings.service.name
    lease = Lease.acquire(workspace, name, run.pipeline_run_id, settings.service)
    try:
        before = lease.claim.before
        if before is None:
            raise RollbackError(
                f"EMERGENCY: nobody has proven what service {name} runs, and nothing tells what it ran before: "
                f"{reason}\nMend it by hand:\n  amlgpu status {settings.options}\n  amlgpu rollback {settings.options}"
            )
        done = put_back(workspace, name, Before(state=before.state), settings)
        lease.release(proven=True)
        return done
    finally:
        lease.give_up()


def _received(
    run: Run, workspace: Workspace, settings: Settings, candidate: Path, deployment: Path
) -> tuple[Candidate, Deployment]:
    """What the steps before handed on; where that can't be believed, for whatever reason, their work is undone."""
    try:
        return receive(run, Candidate, candidate), receive(run, Deployment, deployment)
    except AmlGpuError as error:
        try:
            done = undo(run, workspace, settings)
        except AmlGpuError as undoing:
            raise RollbackError(f"{undoing}\nIt isn't proven, since {error}") from error
        raise type(error)(f"{error}\nThe service isn't proven; {done}") from error


def _release(deployment: Deployment, queries: tuple[Query, ...], replies: Sequence[Reply], run_id: str) -> Release:
    latencies = [reply.latency_ms for reply in replies]
    return Release(
        service_name=deployment.service_name,
        model_name=deployment.model_name,
        model_version=deployment.model_version,
        scoring_uri=deployment.scoring_uri,
        device=replies[0].headers[DEVICE_HEADER] if replies else None,
        queries=queries,
        latency_p50_ms=round(percentile(latencies, 50), 2) if latencies else None,
        latency_p99_ms=round(percentile(latencies, 99), 2) if latencies else None,
        run_id=run_id,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidate", required=True, type=Path)
    parser.add_argument("--deployment", required=True, type=Path)
    parser.add_argument("--release", required=True, type=Path)
    arguments = parser.parse_args()
    settings, run = load_settings(), current_run()
    workspace = open_workspace(settings)
    candidate, deployment = _received(run, workspace, settings, arguments.candidate, arguments.deployment)
    release = smoke_test(workspace, candidate, deployment, settings, run.pipeline_run_id)
    publish(run, release, arguments.release)
    if release.device is None:
        print(f"{release.service_name}: nothing to ask, a newer version was released meanwhile")
    else:
        print(f"{release.service_name} serves {candidate.model} on {release.device} at {release.scoring_uri}")


if __name__ == "__main__":
    run_script(main)
