import pytest

from config.settings import load_settings
from steps.rollout.configuration import service_config_hash


def hash_with(target: str = "local", **overrides: str) -> str:
    return service_config_hash(load_settings(target, overrides, {}))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("service.memory_gb", "7"),
        ("service.max_concurrent_requests", "7"),
        ("validation.startup_seconds", "7"),
        ("service.autoscale_max_replicas", "2"),
        ("service.enable_app_insights", "true"),
    ],
)
def test_what_the_service_is_given_counts(key: str, value: str) -> None:
    assert hash_with(**{key: value}) != hash_with()


def test_how_an_autoscaled_service_scales_counts() -> None:
    scaled = {"service.replicas": "1", "service.autoscale_max_replicas": "2"}
    assert hash_with(**scaled, **{"service.autoscale_target_utilization": "50"}) != hash_with(**scaled)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schedule.interval", "7"),
        ("service.strategy", "staged"),
        ("validation.accuracy_floor", "0.7"),
        ("service.autoscale_target_utilization", "50"),
        ("service.blobfuse_enabled", "false"),
        ("smoke_test.first_answer_seconds", "90"),
    ],
)
def test_what_never_reaches_the_service_is_no_reason_to_deploy_again(key: str, value: str) -> None:
    assert hash_with(**{key: value}) == hash_with()


@pytest.mark.parametrize("key", ["service.cpu_cores", "service.memory_gb", "service.gpu_cores"])
def test_what_the_size_of_a_machine_decides_is_no_reason_to_deploy_again(key: str) -> None:
    changed = {key: "3"}
    assert hash_with("local-v2", **changed) == hash_with("local-v2")
    on_cluster = {"cluster.managed": "false"}
    assert hash_with("local-v2", **on_cluster, **changed) != hash_with("local-v2", **on_cluster)


def test_live_services_that_have_the_hash_already_are_not_told_of_a_change() -> None:
    """The tag of a service that commit 6ab4c66 released with these settings."""
    assert hash_with(**{"service.replicas": "1"}) == "3a3572fc84ab"
