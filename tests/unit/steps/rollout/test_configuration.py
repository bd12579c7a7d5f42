import pytest

from config.settings import load_settings
from steps.rollout.configuration import service_config_hash


def hash_with(**overrides: str) -> str:
    return service_config_hash(load_settings("local", overrides, {}))


@pytest.mark.parametrize("key", ["service.memory_gb", "service.max_concurrent_requests", "validation.startup_seconds"])
def test_what_the_service_is_given_counts(key: str) -> None:
    assert hash_with(**{key: "7"}) != hash_with()


@pytest.mark.parametrize(
    ("key", "value"),
    [("schedule.interval", "7"), ("service.strategy", "staged"), ("validation.accuracy_floor", "0.7")],
)
def test_what_never_reaches_the_service_is_no_reason_to_deploy_again(key: str, value: str) -> None:
    assert hash_with(**{key: value}) == hash_with()


def test_live_services_that_have_the_hash_already_are_not_told_of_a_change() -> None:
    """The tag of a service that commit 6ab4c66 released with these settings."""
    assert hash_with(**{"service.replicas": "1"}) == "3a3572fc84ab"
