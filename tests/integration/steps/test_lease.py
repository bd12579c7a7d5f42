"""The lease that lets one run at a time change a service, on the datastore of the local workspace."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from config.errors import DeploymentError, WorkspaceError
from config.settings import Service, load_settings
from tests.integration.emulator.waiting import until

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace

    from steps.rollout.lease import Lease
    from workspaces.v1.workspace import V1Workspace

ROOT = Path(__file__).parents[3]


def acquire(port: V1Workspace, name: str, holder: str, **limits: int) -> Lease:
    from steps.rollout.lease import Lease

    return Lease.acquire(port, name, holder, service(**limits), sleep=lambda _: None)


def service(**limits: int) -> Service:
    settings = load_settings("local", {"service.lease_wait_seconds": "0"}, environ={})
    return settings.service.model_copy(update=limits)


def test_the_second_waits_and_is_told_for_whom(port: V1Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    first = acquire(port, "taken", "run-1")
    with pytest.raises(DeploymentError, match="taken has been held by the run run-1 for 0 s"):
        acquire(port, "taken", "run-2")

    first.release(proven=True)
    assert acquire(port, "taken", "run-2").claim.holder == "run-2"


def test_its_holder_takes_it_up_again(port: V1Workspace) -> None:
    acquire(port, "again", "run-1")
    assert acquire(port, "again", "run-1").claim.holder == "run-1"


def test_only_one_of_many_gets_it(port: V1Workspace) -> None:
    def attempt(number: int) -> str | None:
        try:
            return acquire(port, "crowd", f"run-{number}").claim.holder
        except DeploymentError:
            return None

    with ThreadPoolExecutor(6) as pool:
        held = [holder for holder in pool.map(attempt, range(6)) if holder]
    assert len(held) == 1


def test_nobody_waits_for_a_run_that_has_ended(port: V1Workspace, experiment: Experiment) -> None:
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    acquire(port, "dead", run.id)
    with pytest.raises(DeploymentError):
        acquire(port, "dead", "run-2")

    run.fail()
    assert acquire(port, "dead", "run-2").claim.holder == "run-2"


def test_nobody_waits_for_ever(port: V1Workspace) -> None:
    acquire(port, "old", "run-1", lease_seconds=0)
    assert acquire(port, "old", "run-2").claim.holder == "run-2"


def test_what_was_proven_last_outlives_the_run_that_replaced_it(port: V1Workspace) -> None:
    from steps.rollout.lease_file import Before

    acquire(port, "journal", "run-1", lease_seconds=0).record(Before(state=None))
    heir = acquire(port, "journal", "run-2")
    assert heir.claim.before == Before(state=None)
    heir.give_up()
    assert acquire(port, "journal", "run-3").claim.before == Before(state=None)

    acquire(port, "journal", "run-3").release(proven=True)
    assert acquire(port, "journal", "run-4").claim.before is None


def test_where_a_rollback_goes_is_kept_until_the_next_change(port: V1Workspace) -> None:
    from steps.rollout.lease_file import Before

    lease = acquire(port, "back", "run-1")
    lease.record(Before(state=None))
    lease.record(Before(state=None, back_to="run-0"))
    lease.give_up()
    heir = acquire(port, "back", "run-2")
    assert heir.claim.before == Before(state=None, back_to="run-0")
    heir.record(Before(state=None))
    assert heir.claim.before == Before(state=None)


def test_who_was_taken_over_from_changes_nothing_any_more(port: V1Workspace) -> None:
    from steps.rollout.lease_file import Before

    late = acquire(port, "late", "run-1", lease_seconds=0)
    acquire(port, "late", "run-2")
    with pytest.raises(DeploymentError, match="run-1 has lost its lease"):
        late.record(Before(state=None))


def test_who_was_taken_over_from_is_told_also_where_the_journal_says_it_all(port: V1Workspace) -> None:
    from steps.rollout.lease_file import Before

    acquire(port, "heir", "run-1", lease_seconds=0).record(Before(state=None))
    late = acquire(port, "heir", "run-2", lease_seconds=0)
    acquire(port, "heir", "run-3")
    with pytest.raises(DeploymentError, match="run-2 has lost its lease"):
        late.record(Before(state=None))


def test_the_time_begins_anew_with_the_first_change(port: V1Workspace) -> None:
    from steps.rollout.lease_file import Before

    lease = acquire(port, "renewed", "run-1")
    first = lease.claim.expires
    lease.record(Before(state=None))
    assert lease.claim.expires > first
    assert lease.claim.before == Before(state=None)


def test_giving_up_what_is_lost_hides_no_other_error(port: V1Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    late = acquire(port, "hidden", "run-1", lease_seconds=0)
    acquire(port, "hidden", "run-2")

    late.give_up()

    assert "the turn couldn't be given back: the run run-1 has lost its lease" in capsys.readouterr().err


def test_what_was_written_before_its_answer_was_lost_is_no_lost_lease(port: V1Workspace) -> None:
    """The SDK sends such a request again, and is then told that the blob isn't the one it read."""
    lease = acquire(port, "resent", "run-1")
    lease._file._files = SentTwice(port)

    lease.release(proven=True)

    assert acquire(port, "resent", "run-2").claim.holder == "run-2"


class SentTwice:
    """Files of which each write is sent twice, as after an answer that was lost."""

    def __init__(self, port: V1Workspace) -> None:
        self._files = port.files
        self.now, self.read = port.files.now, port.files.read

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def write(self, path: str, content: bytes, etag: str | None) -> str | None:
        self._files.write(path, content, etag)
        return self._files.write(path, content, etag)


ROLLBACK = """
import sys, threading
from azureml.core import Workspace
from config.settings import load_settings
from steps.rollout.lease_file import Before
from steps.rollout.lease import turn_of_command
from workspaces.v1.workspace import V1Workspace

workspace = V1Workspace(Workspace(*sys.argv[1:4]))
with turn_of_command(workspace, "command", "rollback", load_settings("local").service, seconds=6) as lease:
    lease.record(Before(state=None))
    print(lease.claim.expires.isoformat(), flush=True)
    threading.Event().wait()
"""


def test_a_command_keeps_its_turn_while_it_works_and_not_when_it_was_killed(
    workspace: Workspace, port: V1Workspace
) -> None:
    from steps.rollout.lease_file import Before, LeaseFile

    file = LeaseFile(port, "command")
    where = [workspace.subscription_id, workspace.resource_group, workspace.name]
    with subprocess.Popen([sys.executable, "-c", ROLLBACK, *where], cwd=ROOT, stdout=subprocess.PIPE, text=True) as one:
        try:
            assert one.stdout is not None
            first = datetime.fromisoformat(one.stdout.readline().strip())
            until(lambda: file.after(0) > first, "the time that it took at first to pass")
            with pytest.raises(DeploymentError, match="command has been held by amlgpu rollback"):
                acquire(port, "command", "run-1")
        finally:
            one.kill()
    heir = until(lambda: attempt(port, "command"), "the turn of the killed to end")
    assert heir is not None
    assert heir.claim.before == Before(state=None)


def attempt(port: V1Workspace, name: str) -> Lease | None:
    try:
        return acquire(port, name, "run-1")
    except DeploymentError:
        return None


def test_a_command_whose_block_has_ended_renews_nothing(port: V1Workspace) -> None:
    from steps.rollout.lease import turn_of_command

    with turn_of_command(port, "done", "teardown", service(), seconds=0.3) as lease:
        lease.release(proven=True)
    lease.renew()

    assert acquire(port, "done", "run-1").claim.holder == "run-1"


def test_a_slow_clock_ends_no_turn(port: V1Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short turns are of the storage's time: that of a laptop that was asleep may be hours behind."""
    from workspaces.azure import files

    now = files._now
    monkeypatch.setattr(files, "_now", lambda: now() - timedelta(hours=1))
    acquire(port, "clocks", "amlgpu rollback x", lease_seconds=60)
    monkeypatch.setattr(files, "_now", now)

    with pytest.raises(DeploymentError, match="clocks has been held by amlgpu rollback x"):
        acquire(port, "clocks", "run-1")


def test_what_is_no_lease_is_named(port: V1Workspace) -> None:
    port.files.write("amlgpu/leases/odd.json", b"{}", None)
    with pytest.raises(WorkspaceError, match=r"amlgpu/leases/odd\.json on the datastore isn't a lease"):
        acquire(port, "odd", "run-1")
