from dataclasses import replace
from unittest.mock import sentinel

import pytest

from config.compute.capacity import Resources
from config.errors import DeploymentError, NotBlessedError
from config.settings import Settings, load_settings
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.verdict import Check, Verdict
from steps.deploy_service import check_verdict, select_answers, service_tags
from steps.rollout.cluster import check_room
from steps.rollout.deploying import check_way_back, replaced_run
from steps.rollout.service import already_serves, is_release_of, is_superseded
from tests.unit.steps.conftest import ENVIRONMENT
from workspaces.computes import AKS, ComputeState
from workspaces.services import ServiceState


def test_blessed_goes_through(candidate: Candidate, verdict: Verdict) -> None:
    check_verdict(candidate, verdict, ENVIRONMENT, None)


@pytest.mark.parametrize("status", ["NOT_BLESSED", "UNDECIDED"])
def test_anything_else_is_refused_with_the_failing_checks(candidate: Candidate, verdict: Verdict, status: str) -> None:
    checks = (
        Check(name="startup", outcome="pass", measured=4, threshold=120),
        Check(name="accuracy_floor", outcome="fail", measured=0.11, threshold=0.9),
        Check(name="latency_p99", outcome="fail", measured=80, threshold=50),
    )
    refused = verdict.model_copy(update={"status": status, "checks": checks})

    with pytest.raises(NotBlessedError) as caught:
        check_verdict(candidate, refused, ENVIRONMENT, None)

    failing = "accuracy_floor 0.11 (required: 0.9); latency_p99 80 ms (required: 50 ms)"
    assert str(caught.value) == f"digits:3 is {status}, nothing was deployed: {failing}"


@pytest.mark.parametrize("status", ["NOT_BLESSED", "UNDECIDED"])
def test_a_reason_overrules_the_verdict(candidate: Candidate, verdict: Verdict, status: str) -> None:
    check_verdict(candidate, verdict.model_copy(update={"status": status}), ENVIRONMENT, "the old one is down")


def test_no_reason_overrules_that_nothing_answered(candidate: Candidate, verdict: Verdict) -> None:
    checks = (
        Check(name="cold_start", outcome="fail", measured=None, threshold=120, detail="no GPU"),
        Check(name="errors", outcome="not_reached", measured=None, threshold=0),
    )
    dead = verdict.model_copy(update={"status": "NOT_BLESSED", "checks": checks})

    with pytest.raises(
        NotBlessedError, match="no reason makes up for what can't answer, so nothing was deployed: cold"
    ):
        check_verdict(candidate, dead, ENVIRONMENT, "the old one is down")


@pytest.mark.parametrize(
    "change",
    [{"model_version": 2}, {"model_name": "letters"}, {"content_hash": "e" * 64}, {"environment": "another"}],
)
@pytest.mark.parametrize("reason", [None, "the old one is down"])
def test_a_verdict_about_something_else_counts_for_nothing(
    candidate: Candidate, verdict: Verdict, change: dict[str, object], reason: str | None
) -> None:
    with pytest.raises(NotBlessedError, match="the verdict is about"):
        check_verdict(candidate, verdict.model_copy(update=change), ENVIRONMENT, reason)


def test_tags_say_where_the_service_comes_from(candidate: Candidate, verdict: Verdict, settings: Settings) -> None:
    tags = service_tags(candidate, verdict, ENVIRONMENT, settings, "run-3", None)

    assert tags["model_version"] == "3"
    assert tags["model_hash"] == candidate.content_hash
    assert tags["git_commit"] == candidate.git_commit
    assert tags["environment"] == ENVIRONMENT
    assert tags["run_id"] == "run-3"
    assert tags["verdict"] == "BLESSED"


def test_a_forced_deployment_stays_on_the_record(candidate: Candidate, verdict: Verdict, settings: Settings) -> None:
    refused = verdict.model_copy(update={"status": "NOT_BLESSED"})

    tags = service_tags(candidate, refused, ENVIRONMENT, settings, "run-3", "the old one is down")

    assert tags["verdict"] == "NOT_BLESSED, forced: the old one is down"


def test_the_same_again_changes_nothing(
    candidate: Candidate, verdict: Verdict, settings: Settings, state: ServiceState
) -> None:
    before = service_tags(candidate, verdict, ENVIRONMENT, settings, "run-3", None)
    again = service_tags(candidate, verdict, ENVIRONMENT, settings, "run-9", None)

    assert already_serves(state.model_copy(update={"tags": before}), "digits:3", again)


@pytest.mark.parametrize("change", [{"state": "Unhealthy"}, {"models": ("digits:2",)}, {"models": ()}])
def test_a_service_in_another_state_is_updated(
    candidate: Candidate, verdict: Verdict, settings: Settings, state: ServiceState, change: dict[str, object]
) -> None:
    tags = service_tags(candidate, verdict, ENVIRONMENT, settings, "run-3", None)

    assert not already_serves(state.model_copy(update={"tags": tags} | change), "digits:3", tags)


def test_a_release_that_fell_ill_is_the_same_release(
    candidate: Candidate, verdict: Verdict, settings: Settings, state: ServiceState
) -> None:
    """What mends it replaces nothing: `amlgpu rollback` still goes to the release before."""
    tags = service_tags(candidate, verdict, ENVIRONMENT, settings, "run-3", None)

    assert is_release_of(state.model_copy(update={"tags": tags, "state": "Unhealthy"}), "digits:3", tags)
    assert not is_release_of(state.model_copy(update={"tags": tags, "models": ("digits:2",)}), "digits:3", tags)


@pytest.mark.parametrize("key", ["model_version", "model_hash", "environment", "service_config_hash", "scoring_hash"])
def test_a_service_of_other_origin_is_updated(
    candidate: Candidate, verdict: Verdict, settings: Settings, state: ServiceState, key: str
) -> None:
    tags = service_tags(candidate, verdict, ENVIRONMENT, settings, "run-3", None)

    assert not already_serves(state.model_copy(update={"tags": tags | {key: "another"}}), "digits:3", tags)
    without = {name: value for name, value in tags.items() if name != key}
    assert not already_serves(state.model_copy(update={"tags": without}), "digits:3", tags)


def test_the_right_answers_come_first(verdict: Verdict) -> None:
    assert [answer.file for answer in select_answers(verdict, 10)] == ["1.jpg", "2.jpg", "0.jpg"]
    assert [answer.file for answer in select_answers(verdict, 1)] == ["1.jpg"]


def cluster(vm_size: str | None, nodes: int | None) -> ComputeState:
    return ComputeState("gpu-aks", AKS, "Succeeded", vm_size, nodes)


@pytest.mark.parametrize(
    ("vm_size", "nodes"), [("Standard_NC4as_T4_v3", 3), ("Standard_NC64as_T4_v3", 1), (None, None)]
)
def test_a_cluster_with_a_spare_gpu_has_room(settings: Settings, vm_size: str | None, nodes: int | None) -> None:
    assert check_room(cluster(vm_size, nodes), {}, settings) == []


@pytest.mark.parametrize(
    ("vm_size", "nodes", "message"),
    [
        ("Standard_DS3_v2", 3, "Standard_DS3_v2, which has no GPU, but enable_gpu is true"),
        ("Standard_NC4as_T4_v3", 2, "has room for 2 replicas of 1 GPU; 3 are needed"),
    ],
)
def test_a_cluster_without_room_is_refused(settings: Settings, vm_size: str, nodes: int, message: str) -> None:
    with pytest.raises(DeploymentError, match=message):
        check_room(cluster(vm_size, nodes), {}, settings)


def test_a_cluster_without_room_for_the_most_replicas_is_refused(settings: Settings) -> None:
    service = settings.service.model_copy(update={"autoscale_max_replicas": 3})
    scaled = settings.model_copy(update={"service": service})
    with pytest.raises(DeploymentError, match=r"4 are needed \(service.autoscale_max_replicas=3 and one more"):
        check_room(cluster("Standard_NC4as_T4_v3", 3), {}, scaled)


def test_a_cluster_without_room_for_two_deployments_is_refused(settings: Settings) -> None:
    changed = {"workspace": settings.workspace.model_copy(update={"sdk": "v2"})}
    by_v2 = settings.model_copy(update=changed)
    check_room(cluster("Standard_NC4as_T4_v3", 4), {}, by_v2)
    with pytest.raises(
        DeploymentError, match=r"3 replicas.*; 4 are needed \(service.replicas=2 and 2 more during an up"
    ):
        check_room(cluster("Standard_NC4as_T4_v3", 3), {}, by_v2)


def test_what_other_services_hold_is_no_room_where_gpus_are_real(settings: Settings) -> None:
    three = cluster("Standard_NC4as_T4_v3", 3)
    with pytest.raises(DeploymentError, match=r"room for 1 replicas of 1 GPU, beside what others hold, letters \(2\);"):
        check_room(three, {"letters": Resources(2, 0, 0)}, settings)

    check_room(replace(three, nodes=1, gpus_counted=False), {}, settings)


def test_cpu_and_memory_that_others_hold_are_no_room_either(settings: Settings) -> None:
    four = cluster("Standard_NC4as_T4_v3", 4)
    check_room(four, {"letters": Resources(0, 10, 10)}, settings)
    with pytest.raises(DeploymentError, match=r"for 2 replicas of 1.1 CPU.*, beside what others hold, letters \(13\)"):
        check_room(four, {"letters": Resources(0, 13, 10)}, settings)


def test_more_nodes_are_no_mend_for_a_replica_that_fits_on_none(settings: Settings) -> None:
    service = settings.service.model_copy(update={"cpu_cores": 3.8})
    large = settings.model_copy(update={"service": service})
    with pytest.raises(DeploymentError, match=r"one more during an update\): choose larger nodes$"):
        check_room(cluster("Standard_NC4as_T4_v3", 9), {}, large)


def test_what_is_only_likely_to_be_scarce_is_a_warning(settings: Settings) -> None:
    """CPU that AKS's own pods and azureml-fe ask for beside the replicas."""
    service = settings.service.model_copy(update={"cpu_cores": 3.0})
    large = settings.model_copy(update={"service": service})
    (warning,) = check_room(cluster("Standard_NC4as_T4_v3", 3), {}, large)
    assert "has room for 0 replicas of 3.1 CPU cores (0.1 of it by Azure ML itself), with 2.46 of 4 left" in warning
    assert "Unschedulable. Lower service.cpu_cores to 2.36, or choose a bigger cluster.vm_size." in warning
    assert check_room(cluster("Standard_NC8as_T4_v3", 3), {}, large) == []
    uncounted = replace(cluster("Standard_NC4as_T4_v3", 3), gpus_counted=False)
    assert check_room(uncounted, {}, large) == []


def test_a_service_on_cpus_needs_no_gpu() -> None:
    settings = load_settings("local", {"service.enable_gpu": "false", "service.gpu_cores": "0"}, environ={})

    check_room(cluster("Standard_DS3_v2", 1), {}, settings)


@pytest.mark.parametrize(
    ("models", "superseded"),
    [(("digits:4",), True), (("digits:3",), False), (("digits:2",), False), (("letters:4",), False), ((), False)],
)
def test_only_a_newer_version_of_the_same_model_supersedes(
    candidate: Candidate, state: ServiceState, models: tuple[str, ...], superseded: bool
) -> None:
    assert is_superseded(state.model_copy(update={"models": models}), candidate) is superseded


def test_no_service_supersedes_nothing(candidate: Candidate) -> None:
    assert not is_superseded(None, candidate)


def test_a_service_that_no_run_could_put_back_is_changed_only_for_a_reason(
    deployment: Deployment, state: ServiceState
) -> None:
    with pytest.raises(DeploymentError, match="give a reason with --force"):
        check_way_back(sentinel.workspace, state, deployment, None)

    forced = check_way_back(sentinel.workspace, state, deployment, "the old one goes anyway")

    assert forced.verdict == "BLESSED"
    assert forced.forced_reason == "the old one goes anyway"
    assert forced.tags["verdict"] == "BLESSED, forced: the old one goes anyway"


def test_a_blessed_deployment_that_somebody_gave_a_reason_for_is_not_forced(
    candidate: Candidate, verdict: Verdict, settings: Settings
) -> None:
    assert service_tags(candidate, verdict, ENVIRONMENT, settings, "run-3", "just in case")["verdict"] == "BLESSED"


@pytest.mark.parametrize(
    ("proven", "replaced"),
    [
        (None, None),  # a first release, or one that was killed
        ({"run_id": "run-1"}, "run-1"),
        ({"run_id": "run-2", "replaces": "run-1", "model_hash": "a" * 64}, "run-1"),  # unchanged, or fallen ill
        ({"run_id": "run-1", "model_hash": "a" * 64}, None),  # the same since the first release
    ],
)
def test_no_release_replaces_itself(
    candidate: Candidate,
    verdict: Verdict,
    settings: Settings,
    state: ServiceState,
    proven: dict[str, str] | None,
    replaced: str | None,
) -> None:
    """Whatever a killed run, or a killed rollback, left live instead of what was proven last."""
    tags = service_tags(candidate, verdict, ENVIRONMENT, settings, "run-3", None)
    was = None if proven is None else state.model_copy(update={"tags": tags | {"model_hash": "another"} | proven})

    assert replaced_run(was, "digits:3", tags) == replaced
