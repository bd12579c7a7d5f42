import inspect
from dataclasses import fields, replace

import pytest
from azureml.core.webservice import AksWebservice

from workspaces.services import Configuration
from workspaces.v1.services import FIXED, SDK_NAMES, UNSENT, sdk_options

WANTED = Configuration(
    replicas=2,
    cpu_cores=1.5,
    memory_gb=2.0,
    gpu_cores=1,
    max_concurrent_requests=64,
    max_queue_wait_ms=5_000,
    scoring_timeout_ms=60_000,
    initial_delay_seconds=120,
)

SCALED = replace(WANTED, autoscale_max_replicas=6, autoscale_target_utilization=50)
SCALER = {
    "autoscale_min_replicas": 2,
    "autoscale_max_replicas": 6,
    "autoscale_refresh_seconds": 1,
    "autoscale_target_utilization": 50,
}
# Left out on purpose: what only creating takes, and what the cluster decides.
NOT_OURS = {
    "primary_key",
    "secondary_key",
    "properties",
    "description",
    "namespace",
    "compute_target_name",
    "cpu_cores_limit",
    "memory_gb_limit",
    "blobfuse_enabled",
    "tags",
}


def test_no_default_of_the_sdk_decides() -> None:
    offered = set(inspect.signature(AksWebservice.deploy_configuration).parameters)

    assert set(sdk_options(WANTED)) == offered - NOT_OURS - SCALER.keys()
    assert set(sdk_options(SCALED)) == offered - NOT_OURS - {"num_replicas"}


@pytest.mark.parametrize("wanted", [WANTED, SCALED])
def test_create_and_update_take_the_same(wanted: Configuration) -> None:
    assert set(sdk_options(wanted)) <= set(inspect.signature(AksWebservice.update).parameters)


def test_the_sdk_accepts_autoscaling_between_the_replicas_and_the_most() -> None:
    options = sdk_options(SCALED)

    AksWebservice.deploy_configuration(**options).validate_configuration()
    assert options.items() >= SCALER.items()
    assert options["autoscale_enabled"] is True


def test_the_sdk_accepts_the_configuration() -> None:
    deployment = AksWebservice.deploy_configuration(**sdk_options(WANTED))

    deployment.validate_configuration()
    assert (deployment.num_replicas, deployment.gpu_cores, deployment.autoscale_enabled) == (2, 1, False)
    assert deployment.initial_delay_seconds == WANTED.initial_delay_seconds


def test_every_field_goes_under_the_sdks_name_with_its_value() -> None:
    options = sdk_options(WANTED)

    for name in {field.name for field in fields(Configuration)} - SCALER.keys() - set(UNSENT):
        assert options.pop(SDK_NAMES.get(name, name)) == getattr(WANTED, name)
    assert options == FIXED | {"autoscale_enabled": False}
