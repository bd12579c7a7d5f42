"""Deployments change places by traffic: the way back is the deployment that ran before, with its processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.workspaces.conftest import unique
from tests.integration.workspaces.v2.conftest import NOWHERE, SECONDS, WANTED, Revise, ask, bring
from workspaces.errors import RequestError

if TYPE_CHECKING:
    from workspaces.v2.workspace import V2Workspace

pytestmark = pytest.mark.parametrize("open_port", ["v2"], indirect=True, scope="module")


@pytest.fixture(scope="module")
def service(port: V2Workspace, revise: Revise) -> Iterator[str]:
    name = unique()
    bring(port, name, revise("first", run_id="first"))
    yield name
    port.services.delete(name)


def deployments(port: V2Workspace, name: str) -> dict[str, Any]:
    return {one.name: one for one in port._connection.ml.online_deployments.list(name)}


def traffic(port: V2Workspace, name: str) -> dict[str, int]:
    shares: dict[str, int] = port._connection.ml.online_endpoints.get(name).traffic
    return {deployment: share for deployment, share in shares.items() if share}


def test_an_update_back_to_what_ran_before_is_a_change_of_traffic(
    port: V2Workspace, service: str, revise: Revise
) -> None:
    first, second = revise("one", run_id="1"), revise("two", run_id="2")
    bring(port, service, first)
    before = ask(port, service)
    bring(port, service, second)
    assert ask(port, service)["model"] == "two"
    (kept,) = port.services.beside(service).items()
    assert (kept[0], kept[1].models) == (before["deployment"], (first.model.id,))
    port.services.unstage(service)  # what ran before is no candidate
    assert len(deployments(port, service)) == 2

    bring(port, service, replace(first, tags={"run_id": "back"}))

    assert ask(port, service) == before
    state = port.services.find(service)
    assert state is not None
    assert (state.models, state.tags) == ((first.model.id,), {"run_id": "back"})
    port.services.settle(service)
    assert list(deployments(port, service)) == [before["deployment"]]
    bring(port, service, second)  # it is gone, so made anew
    assert ask(port, service)["model"] == "two"


def test_what_cannot_be_deployed_takes_no_way_back(port: V2Workspace, service: str, revise: Revise) -> None:
    """What ran before has one of the two names until there is something to give it to."""
    for content in ("before", "now"):
        bring(port, service, revise(content))
    with pytest.raises(RequestError, match=r"scaled by Azure Monitor alone"):
        port.services.stage(service, NOWHERE, revise("next"), replace(WANTED, autoscale_max_replicas=2))
    assert len(deployments(port, service)) == 2


def test_the_same_again_leaves_the_processes_alone(port: V2Workspace, service: str, revise: Revise) -> None:
    """By what REST says: the SDK's own entity has limits of whole seconds."""
    revision = revise("same", run_id="1")
    bring(port, service, revision)
    before = ask(port, service)
    bring(port, service, replace(revision, tags={"run_id": "2"}))
    assert ask(port, service) == before


def test_what_somebody_changed_by_hand_is_not_taken_for_what_was_made(
    port: V2Workspace, service: str, revise: Revise
) -> None:
    revision = revise("changed", run_id="1")
    bring(port, service, revision)
    live = ask(port, service)["deployment"]
    operations = port._connection.ml.online_deployments
    read = operations.get(live, service)
    operations.begin_create_or_update(read).result()  # nothing is changed in it: the SDK cuts its limits
    state = port.services.find(service)
    assert state is not None
    assert state.max_queue_wait_ms == 4_000
    assert state.scoring_timeout_ms == 20_000

    bring(port, service, revision)

    state = port.services.find(service)
    assert state is not None
    assert (state.max_queue_wait_ms, state.scoring_timeout_ms) == (4_500, 20_500)
    assert ask(port, service)["deployment"] != live


def test_what_a_killed_run_staged_is_found_and_removed_by_another(
    open_port: Callable[[], V2Workspace], port: V2Workspace, service: str, revise: Revise, name: str
) -> None:
    bring(port, service, revise("live"))
    before = traffic(port, service)
    for beside in (service, name):
        port.services.stage(beside, NOWHERE, revise("of the dead"), WANTED)
        assert port.services.wait(beside, SECONDS) == ""

    other = open_port()
    for beside in (service, name):
        assert other.services.staged(beside) is not None
        other.services.unstage(beside)

    assert traffic(other, service) == before
    assert list(deployments(other, service)) == list(before)
    assert other.services.find(name) is None  # it was made for the candidate alone


def test_a_traffic_that_was_not_moved_is_none(
    open_port: Callable[[], V2Workspace], port: V2Workspace, service: str, revise: Revise
) -> None:
    """update() was asked for, and whoever did died before wait(): clients stay where they were."""
    bring(port, service, revise("live", run_id="live"))
    next_one = revise("next", run_id="next")
    port.services.update(service, next_one, WANTED)
    other = open_port()
    other.services._begun[service] = port.services._begun[service].__class__(
        port.services._begun[service].deployment, port.services._begun[service].operation
    )
    assert other.services.wait(service, SECONDS) == ""
    assert ask(other, service)["model"] == "live"
    state = other.services.find(service)
    assert state is not None
    assert state.tags == {"run_id": "live"}
    bring(other, service, next_one)  # what is up is taken as it is
    assert ask(other, service)["model"] == "next"


def test_an_endpoint_of_others_is_kept_whatever_becomes_of_its_service(
    port: V2Workspace, revise: Revise, name: str
) -> None:
    """Made by somebody, for its network or its identity, before anything was deployed to it: it is no service yet."""
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    made = ManagedOnlineEndpoint(name=name, auth_mode="key", description="of others", tags={"team": "network"})
    operations = port._connection.ml.online_endpoints
    operations.begin_create_or_update(made).result()
    assert port.services.find(name) is None
    port.services.stage(name, NOWHERE, revise("candidate"), WANTED)
    assert port.services.wait(name, SECONDS) == ""
    port.services.unstage(name)
    assert port.services.find(name) is None
    for run_id in ("1", "2"):
        bring(port, name, revise("first", run_id=run_id))
        state = port.services.find(name)
        assert state is not None
        assert state.tags == {"run_id": run_id}
        assert operations.get(name).tags.items() >= {"team": "network", "run_id": run_id}.items()
    port.services.set_tags(name, {"marked": "yes"})
    assert operations.get(name).tags["team"] == "network"
    port.services.delete(name)
    assert port.services.find(name) is None
    left = operations.get(name)
    assert (left.description, left.tags) == ("of others", {"team": "network"})
    operations.begin_delete(name).result()


def test_what_lost_its_traffic_by_hand_is_no_candidate(port: V2Workspace, revise: Revise, name: str) -> None:
    """Somebody stops the service: neither its deployment nor the endpoint, with its address and keys, is removed."""
    revision = revise("stopped", run_id="1")
    bring(port, name, revision)
    before, keys = ask(port, name), port.services.keys(name)
    endpoint = port._connection.ml.online_endpoints.get(name)
    endpoint.traffic = {}
    port._connection.ml.online_endpoints.begin_create_or_update(endpoint).result()

    assert port.services.staged(name) is None
    port.services.unstage(name)
    port.services.settle(name)
    state = port.services.find(name)
    assert state is not None
    assert (state.state, state.models, state.tags) == ("Unhealthy", (revision.model.id,), {"run_id": "1"})
    bring(port, name, revise("next", run_id="2"))
    bring(port, name, revision)  # it is the way back, too
    assert (ask(port, name), port.services.keys(name)) == (before, keys)
    port.services.delete(name)


def test_traffic_that_somebody_gave_back_is_told_with_what_that_deployment_was_released_as(
    port: V2Workspace, service: str, revise: Revise
) -> None:
    first, second = revise("one", run_id="1"), revise("two", run_id="2")
    bring(port, service, first)
    before = ask(port, service)
    bring(port, service, second)
    endpoints = port._connection.ml.online_endpoints
    changed = endpoints.get(service)
    changed.traffic = {before["deployment"]: 100}
    endpoints.begin_create_or_update(changed).result()

    state = port.services.find(service)

    assert state is not None
    assert (state.models, state.tags) == ((first.model.id,), {"run_id": "1"})
    port.services.set_tags(service, {"run_id": "again"})
    assert (found := port.services.find(service)) is not None
    assert found.tags == {"run_id": "again"}
    port.services.unstage(service)  # what lost the traffic is the way back, no candidate
    made = dict(deployments(port, service))
    bring(port, service, second)
    assert deployments(port, service).keys() == made.keys()
    assert ask(port, service)["model"] == "two"
    assert (found := port.services.find(service)) is not None
    assert found.tags == {"run_id": "2"}


def test_a_deployment_that_somebody_else_made_is_left_alone_whatever_its_name(
    port: V2Workspace, service: str, revise: Revise
) -> None:
    """Microsoft's own pages call theirs blue and green."""
    revision = revise("live", run_id="live")
    bring(port, service, revision)
    port.services.settle(service)
    (live,) = deployments(port, service)
    color = "green" if live == "blue" else "blue"
    from workspaces.v2.online_endpoints.deployments import sdk_deployment

    theirs = sdk_deployment(service, color, revision, WANTED)
    theirs.tags = {"team": "others"}
    operations = port._connection.ml.online_deployments
    operations.begin_create_or_update(theirs, skip_script_validation=True).result()

    port.services.unstage(service)
    port.services.settle(service)
    with pytest.raises(RequestError, match="somebody else's"):
        port.services.stage(service, NOWHERE, revise("candidate"), WANTED)

    assert sorted(deployments(port, service)) == ["blue", "green"]
    operations.begin_delete(color, service).result()


def test_a_switch_that_somebody_turned_is_turned_back(port: V2Workspace, service: str, revise: Revise) -> None:
    wanted = replace(WANTED, max_queue_wait_ms=4_000, scoring_timeout_ms=20_000)  # the SDK cuts no whole seconds
    revision = revise("switched", run_id="1")
    bring(port, service, revision, wanted)
    (live,) = traffic(port, service)
    operations = port._connection.ml.online_deployments
    read = operations.get(live, service)
    read.app_insights_enabled = True
    operations.begin_create_or_update(read).result()

    bring(port, service, revision, wanted)

    state = port.services.find(service)
    assert state is not None
    assert state.enable_app_insights is False


def test_an_endpoint_that_takes_tokens_is_refused_before_anything_is_deployed_to_it(
    port: V2Workspace, revise: Revise, name: str
) -> None:
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    operations = port._connection.ml.online_endpoints
    operations.begin_create_or_update(ManagedOnlineEndpoint(name=name, auth_mode="aad_token")).result()
    with pytest.raises(RequestError, match=f"{name} has the authMode AADToken, and has to take keys"):
        port.services.stage(name, NOWHERE, revise("candidate"), WANTED)
    assert deployments(port, name) == {}
    operations.begin_delete(name).result()
