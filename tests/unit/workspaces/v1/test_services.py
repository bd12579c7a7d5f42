import inspect
from dataclasses import fields

from azureml.core.webservice import AksWebservice

from workspaces.services import Configuration
from workspaces.v1.services import FIXED, SDK_NAMES, sdk_options

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

# Left out on purpose: what only creating takes, what the cluster decides, and what the autoscaler alone uses.
NOT_OURS = {
    "autoscale_min_replicas",
    "autoscale_max_replicas",
    "autoscale_refresh_seconds",
    "autoscale_target_utilization",
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

    assert set(sdk_options(WANTED)) == offered - NOT_OURS


def test_create_and_update_take_the_same() -> None:
    assert set(sdk_options(WANTED)) <= set(inspect.signature(AksWebservice.update).parameters)


def test_the_sdk_accepts_the_configuration() -> None:
    deployment = AksWebservice.deploy_configuration(**sdk_options(WANTED))

    deployment.validate_configuration()
    assert (deployment.num_replicas, deployment.gpu_cores, deployment.autoscale_enabled) == (2, 1, False)
    assert deployment.initial_delay_seconds == WANTED.initial_delay_seconds


def test_every_field_goes_under_the_sdks_name_with_its_value() -> None:
    options = sdk_options(WANTED)

    for field in fields(Configuration):
        assert options.pop(SDK_NAMES.get(field.name, field.name)) == getattr(WANTED, field.name)
    assert options == FIXED
