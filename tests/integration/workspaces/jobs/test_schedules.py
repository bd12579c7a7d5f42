"""Schedules: what they start, when, and whether at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.integration.workspaces.conftest import unique, until
from workspaces.errors import RequestError
from workspaces.jobs.pipelines import Definition, Endpoint, Step
from workspaces.jobs.schedules import Recurrence, Schedule

if TYPE_CHECKING:
    from workspaces.workspace import Workspace

MARK = Step("mark", "mark.py", "marked", parameters=("mark",))
WEEKLY = Recurrence("Week", 2, (4, 16), (30,), ("Monday", "Friday"))
MONTHLY = Recurrence("Month", 1)

Publish = Callable[[str, str], Endpoint]
Create = Callable[..., Schedule]


@pytest.fixture(scope="module")
def publish(port: Workspace, define: Callable[..., Definition]) -> Publish:
    """Makes a pipeline that leaves this mark the default of an endpoint."""

    def made(endpoint: str, mark: str) -> Endpoint:
        pipeline = port.pipelines.publish(define(MARK, mark=mark), "marks", "for a test", "1")
        return port.pipelines.make_default(pipeline, endpoint, "for a test")

    return made


@pytest.fixture(scope="module")
def endpoint(publish: Publish) -> Endpoint:
    return publish(unique(), unique())


@pytest.fixture
def create(port: Workspace) -> Iterator[Create]:
    """A schedule as it is found; it stops firing with the test."""
    names = []

    def made(name: str, endpoint: Endpoint, recurrence: Recurrence, *, run_now: bool = False) -> Schedule:
        names.append(name)
        port.schedules.create(
            name, endpoint, "contract-schedules", recurrence, description="for a test", run_now=run_now
        )
        return found(port, name)[-1]

    yield made
    for name in names:
        for schedule in found(port, name):
            port.schedules.disable(schedule)


def found(port: Workspace, name: str) -> list[Schedule]:
    return [schedule for schedule in port.schedules.active() if schedule.name == name]


def marks(port: Workspace, mark: str) -> int:
    return len(port.files.sizes(f"marks/{mark}"))


@pytest.mark.parametrize("recurrence", [WEEKLY, MONTHLY, Recurrence("Day", 3, (0,)), Recurrence("Minute", 30)], ids=str)
def test_it_is_active_as_it_was_asked_for(
    port: Workspace, create: Create, endpoint: Endpoint, name: str, recurrence: Recurrence
) -> None:
    assert found(port, name) == []
    schedule = create(name, endpoint, recurrence)
    assert schedule == Schedule(schedule.id, name, "Active", endpoint.id, schedule.recurrence)
    assert str(schedule.recurrence) == str(recurrence)  # not every SDK tells no minutes from the minute 0
    assert schedule.id


def test_several_may_have_one_name(port: Workspace, create: Create, endpoint: Endpoint, name: str) -> None:
    ids = {create(name, endpoint, WEEKLY).id, create(name, endpoint, WEEKLY).id}
    assert {schedule.id for schedule in found(port, name)} == ids
    assert len(ids) == 2


def test_an_update_gives_it_another_recurrence_and_nothing_else(
    port: Workspace, create: Create, endpoint: Endpoint, name: str
) -> None:
    schedule = create(name, endpoint, WEEKLY)
    for recurrence in (MONTHLY, WEEKLY, Recurrence("Week", 1)):
        port.schedules.update(schedule, recurrence, run_now=False)
        assert found(port, name) == [Schedule(schedule.id, name, "Active", endpoint.id, recurrence)]


def test_a_disabled_one_is_no_longer_active(port: Workspace, create: Create, endpoint: Endpoint, name: str) -> None:
    first, second = create(name, endpoint, WEEKLY), create(name, endpoint, MONTHLY)
    port.schedules.disable(first)
    assert found(port, name) == [second]
    port.schedules.disable(first)
    port.schedules.disable(second)
    assert found(port, name) == []


def test_only_run_now_starts_the_default_at_once_whichever_it_is_by_then(
    port: Workspace, create: Create, publish: Publish, name: str
) -> None:
    waiting, started, later = (f"{name}-{word}" for word in ("waiting", "started", "later"))
    schedule = create(f"{name}-1", publish(f"{name}-1", waiting), WEEKLY)
    create(f"{name}-2", publish(f"{name}-2", started), WEEKLY, run_now=True)
    until(lambda: marks(port, started), "the run that was to start at once")

    publish(f"{name}-1", later)
    port.schedules.update(schedule, MONTHLY, run_now=True)
    until(lambda: marks(port, later), "the run of the new default")
    assert (marks(port, waiting), marks(port, started)) == (0, 1)


def test_what_is_not_there_is_an_error(port: Workspace, name: str) -> None:
    missing = "00000000-0000-0000-0000-000000000000"
    gone = Schedule(missing, name, "Active", None, WEEKLY)
    endpoint = Endpoint(missing, name, "Active", "0", "http://127.0.0.1:9")
    with pytest.raises(RequestError):
        port.schedules.create(name, endpoint, "contract-schedules", WEEKLY, description="for a test", run_now=False)
    with pytest.raises(RequestError):
        port.schedules.update(gone, MONTHLY, run_now=False)
    with pytest.raises(RequestError):
        port.schedules.disable(gone)
    assert found(port, name) == []
