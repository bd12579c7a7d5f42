"""What a key may be, and which keys contradict each other."""

import pytest

from config.errors import ConfigError
from config.settings import load_settings
from tests.unit.config.settings.refusals import refusal


@pytest.mark.parametrize(
    ("overrides", "parts"),
    [
        ({"service.replicas": "two"}, ["--set service.replicas", "'two'", "valid integer"]),
        ({"service.replicas": "1.5"}, ["service.replicas = 1.5", "valid integer"]),
        ({"service.cpu_cores": ".inf"}, ["service.cpu_cores = inf", "finite number"]),
        ({"validation.latency_p99_ms": ".nan"}, ["validation.latency_p99_ms = nan", "finite number"]),
        ({"monitoring.share": "1.1"}, ["monitoring.share = 1.1", "less than or equal to 1"]),
        ({"monitoring.folder": "samples"}, ["monitoring.folder = 'samples'", "Absolute path of a folder"]),
        ({"monitoring.keep_images": "true"}, ["keep_images is true but folder is null"]),
        ({"service.replicas": "0"}, ["service.replicas = 0", "greater than or equal to 1"]),
        ({"service.max_queue_wait_ms": "0"}, ["max_queue_wait_ms = 0", "greater than or equal to 1"]),
        ({"service.enable_gpu": "1"}, ["service.enable_gpu = 1", "valid boolean"]),
        ({"service.scoring_timeout_ms": "300001"}, ["300001", "less than or equal to 300000"]),
        ({"service.name": "A_b"}, ["'A_b'", "3 to 32 of a-z"]),
        ({"service.replica": "2"}, ["unknown key service.replica", "did you mean replicas?"]),
        ({"service.colour": "2"}, ["unknown key service.colour", "the known ones are name, enable_gpu"]),
        ({"servce.replicas": "2"}, ["unknown section servce", "did you mean service?"]),
        ({"replicas": "2"}, ["--set replicas", "section.key=value"]),
        ({"cluster.purpose": "Prod"}, ["'Prod'", "'FastProd', 'DevTest' or 'DenseProd'"]),
        ({"cluster.resource_id": "gpu"}, ["'gpu'", "ARM id"]),
        ({"compute.min_nodes": "5"}, ["min_nodes=5 is more than max_nodes=1", "--set compute.min_nodes"]),
        ({"schedule.frequency": "Day"}, ["week_days needs frequency Week"]),
        ({"schedule.hours": "[24]"}, ["schedule.hours = 24", "less than or equal to 23"]),
        ({"service.gpu_cores": "0"}, ["enable_gpu is true but gpu_cores is 0"]),
        ({"service.enable_gpu": "false"}, ["enable_gpu is false but gpu_cores is 1"]),
    ],
)
def test_refusal_names_key_value_and_what_is_allowed(overrides: dict[str, str], parts: list[str]) -> None:
    message = refusal(overrides)
    for part in parts:
        assert part in message


def test_hours_need_a_day_or_a_week() -> None:
    assert "need frequency Day or Week" in refusal({"schedule.frequency": "Hour", "schedule.week_days": "[]"})


def test_in_azure_a_cluster_must_be_named() -> None:
    message = refusal({"cluster.resource_id": "null"})
    assert "cluster.resource_id is missing: the ARM id of the AKS cluster to attach" in message
    assert "`amlgpu provision` says how to make it" in message
    assert load_settings("local", environ={}).cluster.resource_id is None


@pytest.mark.parametrize("group", ["resourceGroups", "resourcegroups"])
def test_an_id_is_taken_as_the_azure_cli_prints_it(group: str) -> None:
    cluster = f"/subscriptions/s/{group}/g/providers/Microsoft.ContainerService/managedClusters/gpus"
    identity = f"/subscriptions/s/{group}/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/steps"
    settings = load_settings("prod", {"cluster.resource_id": cluster, "compute.identity_id": identity}, {})
    assert (settings.cluster.resource_id, settings.compute.identity_id) == (cluster, identity)


def test_all_faults_are_told_at_once() -> None:
    message = refusal({"service.replicas": "two", "model.nmae": "x"})
    assert len(message.splitlines()) == 2


def test_plain_server_is_not_handed_more_than_one_request() -> None:
    with pytest.raises(ConfigError, match="=64: set it to 1"):
        load_settings("local", {"scoring.server": "plain"}, {})
    load_settings("local", {"scoring.server": "plain", "service.max_concurrent_requests": "1"}, {})


def test_a_processors_precision_contradicts_a_required_gpu() -> None:
    with pytest.raises(ConfigError, match="bfloat16, which is a CPU's"):
        load_settings("prod", {"scoring.precision": "bfloat16"}, {})
