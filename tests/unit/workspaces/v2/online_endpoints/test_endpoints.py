"""Which deployment serves, which stands beside it, and what is sent when that changes."""

from __future__ import annotations

from typing import Any

import pytest

from workspaces.services import HEALTHY
from workspaces.v2.online_endpoints.endpoints import ID, LIVE, OWN, PREVIOUS, REVISION, Endpoint, as_tags
from workspaces.v2.online_endpoints.states import UNHEALTHY, service_state


def deployment(name: str, state: str = "Succeeded", identifier: str | None = None, **properties: Any) -> Any:
    tags = {"run_id": name, REVISION: "r", ID: identifier or name}
    return {"name": name, "tags": tags, "properties": {"provisioningState": state, **properties}}


def endpoint(
    traffic: dict[str, int], *deployments: Any, tags: dict[str, str] | None = None, **properties: Any
) -> Endpoint:
    document = {
        "name": "digits",
        "location": "here",
        "tags": tags or {},
        "properties": {"authMode": "Key", "traffic": traffic, "provisioningState": "Succeeded", **properties},
    }
    return Endpoint(document, {one["name"]: one for one in deployments})


BLUE, GREEN, OTHER = deployment("blue"), deployment("green"), deployment("of-others")


def test_what_has_most_of_the_traffic_serves() -> None:
    assert endpoint({"blue": 30, "green": 70}, BLUE, GREEN).live == GREEN
    assert endpoint({"blue": 0}, BLUE).live is None
    assert endpoint({}, BLUE).live is None


def test_what_stands_beside_is_a_candidate_unless_it_had_the_traffic_before() -> None:
    found = endpoint({"blue": 100}, BLUE, GREEN, OTHER)
    assert (list(found.beside), list(found.candidates)) == (["green"], ["green"])
    found = endpoint({"blue": 100}, BLUE, GREEN, OTHER, tags={PREVIOUS: "green"})
    assert (list(found.beside), list(found.candidates)) == (["green"], [])
    again = deployment("green", identifier="another of that name")
    assert list(endpoint({"blue": 100}, BLUE, again, tags={PREVIOUS: "green"}).candidates) == ["green"]


def test_deployments_of_others_are_left_alone() -> None:
    found = endpoint({"blue": 100}, BLUE, OTHER)
    assert found.beside == {}
    assert found.free_color() == "green"


@pytest.mark.parametrize(
    ("found", "color"),
    [
        (endpoint({}), "blue"),
        (endpoint({"blue": 100}, BLUE), "green"),
        (endpoint({"blue": 100}, BLUE, GREEN), "green"),
        (endpoint({"green": 100}, BLUE, GREEN, tags={PREVIOUS: "blue"}), "blue"),
        (endpoint({"blue": 50, "green": 50}, BLUE, GREEN), ""),
    ],
)
def test_a_new_deployment_takes_no_place_that_has_traffic(found: Endpoint, color: str) -> None:
    assert found.free_color() == color


def test_a_change_sends_back_what_it_leaves_as_it_is_and_nothing_that_only_answers_have() -> None:
    """The SDK's own endpoint, read and written, sends who created it and when."""
    found = endpoint(
        {"blue": 100},
        description="kept",
        publicNetworkAccess="Disabled",
        scoringUri="x",
        properties={"createdBy": "somebody", "lastModifiedAt": "then"},
    )
    identity = {"type": "UserAssigned", "principalId": "p", "userAssignedIdentities": {"/id": {"clientId": "c"}}}
    found = Endpoint({**found.document, "identity": identity, "systemData": {}, "id": "/x", "kind": "Managed"}, {})
    assert found.changed(traffic={"green": 100, "blue": 0}, tags={"run_id": "1"}) == {
        "location": "here",
        "kind": "Managed",
        "tags": {"run_id": "1"},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/id": {}}},
        "properties": {
            "authMode": "Key",
            "description": "kept",
            "publicNetworkAccess": "Disabled",
            "traffic": {"green": 100},
        },
    }


def test_the_tags_of_a_service_are_its_own_alone() -> None:
    tags = {"run_id": "1", PREVIOUS: "x", LIVE: "blue", OWN: "yes"}
    state = service_state(endpoint({"blue": 100}, BLUE, tags=tags))
    assert (state.tags, state.state) == ({"run_id": "1"}, HEALTHY)
    assert service_state(endpoint({}, BLUE)).tags == {"run_id": "blue"}


def test_tags_that_somebody_gave_the_endpoint_are_not_the_service_s() -> None:
    """Whoever made it, before anything was released to it, or a policy since then."""
    others = {"team": "network", "environment": "theirs"}
    assert service_state(endpoint({"of-others": 100}, OTHER, tags=others)).tags == {}
    assert endpoint({}, tags=others).kept_tags == others
    released = {**others, **as_tags({"run_id": "1", "environment": "ours"}), LIVE: "blue"}
    found = endpoint({"blue": 100}, BLUE, tags=released)
    assert service_state(found).tags == {"run_id": "1", "environment": "ours"}
    assert found.kept_tags == {"team": "network", LIVE: "blue"}


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (endpoint({"blue": 100}, BLUE, deployment("green", "Failed")), HEALTHY),
        (endpoint({"blue": 100}, BLUE, deployment("green", "Creating")), "Creating"),
        (endpoint({"blue": 100}, deployment("blue", "Scaling")), "Updating"),
        (endpoint({"blue": 100}, BLUE, provisioningState="Deleting"), "Deleting"),
        (endpoint({"blue": 100}, deployment("blue", "Canceled")), "Failed"),
        (endpoint({}, deployment("blue", "Failed")), "Failed"),
        (endpoint({}, BLUE), UNHEALTHY),
        (endpoint({}), UNHEALTHY),
    ],
)
def test_a_service_is_what_its_live_deployment_is_unless_an_operation_is_under_way(found: Endpoint, state: str) -> None:
    assert service_state(found).state == state


def test_limits_are_read_with_their_fractions_and_resources_with_their_units() -> None:
    limits = {"requestTimeout": "PT1.5S", "maxQueueWait": "PT0.25S", "maxConcurrentRequestsPerInstance": 3}
    asked = {"containerResourceRequests": {"cpu": "500m", "memory": "1536Mi", "gpu": "1"}}
    scaling = {
        "scaleType": "TargetUtilization",
        "minInstances": 1,
        "maxInstances": 4,
        "targetUtilizationPercentage": 60,
    }
    more: dict[str, Any] = {"requestSettings": limits, "containerResourceRequirements": asked, "scaleSettings": scaling}
    state = service_state(endpoint({"blue": 100}, deployment("blue", **more), scoringUri="http://x/score"))
    assert (state.scoring_timeout_ms, state.max_queue_wait_ms, state.max_concurrent_requests) == (1_500, 250, 3)
    assert (state.cpu_cores, state.memory_gb, state.gpu_cores) == (0.5, 1.5, 1)
    assert (state.replicas, state.autoscale_max_replicas, state.autoscale_target_utilization) == (1, 4, 60)
    assert state.scoring_uri == "http://x/score"


def test_what_served_is_no_candidate_when_somebody_takes_its_traffic() -> None:
    tags = {LIVE: "blue", PREVIOUS: "gone", "run_id": "1"}
    stopped = endpoint({}, BLUE, GREEN, tags=tags)
    assert (stopped.live, stopped.served_last, list(stopped.candidates)) == (None, BLUE, ["green"])
    assert (service_state(stopped).tags, service_state(stopped).state) == ({"run_id": "1"}, UNHEALTHY)
    assert endpoint({"green": 100}, BLUE, GREEN, tags=tags).candidates == {}


def test_deployments_that_others_call_blue_and_green_are_theirs() -> None:
    theirs = [{**one, "tags": {"team": "x"}} for one in (BLUE, GREEN)]
    found = endpoint({"blue": 100}, *theirs)
    assert (found.candidates, found.beside, found.free_color()) == ({}, {}, "")


def test_an_endpoint_without_deployments_is_no_service_yet_unless_the_project_made_it() -> None:
    """What a killed teardown leaves has to be found by the next one."""
    assert endpoint({}).is_empty
    assert not endpoint({}, tags={OWN: "yes"}).is_empty
    assert not endpoint({}, provisioningState="Creating").is_empty
    assert endpoint({}, BLUE, tags={OWN: "yes"}).is_for_candidates
    assert not endpoint({}, BLUE, tags={OWN: "yes", LIVE: "blue"}).is_for_candidates
