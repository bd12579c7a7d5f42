"""What a plan says beside what would change."""

import pytest

from config.settings import Settings, load_settings
from pipelines.foresight.advice import is_encrypted, of_batching, of_encryption
from workspaces.computes import AKS, ComputeState
from workspaces.services import ServiceState

PLAIN, SECURE = "http://20.1.2.3:80/api/v1/service/digits/score", "https://gpu.example/api/v1/service/digits/score"


def service(uri: str | None) -> ServiceState:
    unknown = dict.fromkeys(ServiceState.model_fields.keys() - {"autoscaling"})
    return ServiceState.model_validate(unknown | {"state": "Healthy", "models": (), "tags": {}, "scoring_uri": uri})


def cluster(tls: bool) -> ComputeState:
    return ComputeState("gpu-aks", AKS, "Succeeded", tls=tls)


@pytest.mark.parametrize(
    ("state", "attached", "expected"),
    [
        (service(PLAIN), None, False),
        (service(SECURE), None, True),
        (service(None), cluster(tls=True), True),
        (None, cluster(tls=False), False),
        (None, None, None),
    ],
)
def test_the_address_tells_and_else_the_cluster(
    state: ServiceState | None, attached: ComputeState | None, expected: bool | None
) -> None:
    assert is_encrypted(state, attached) is expected


@pytest.mark.parametrize(("target", "encrypted"), [("local", False), ("prod", True), ("prod", None)])
def test_nothing_is_said_where_nothing_is_known_to_travel_in_clear(target: str, encrypted: bool | None) -> None:
    assert list(of_encryption(encrypted, load_settings(target, environ={}))) == []


def test_keys_in_clear_are_said_with_the_cluster_and_where_to_read_on() -> None:
    (said,) = of_encryption(False, load_settings("prod", environ={}))
    assert "gpu-aks" in said
    assert "unencrypted. docs/operating.md" in said


def settings(server: str, requests: str) -> Settings:
    values = {"scoring.server": server, "service.max_concurrent_requests": requests}
    return load_settings("local", values, environ={})


@pytest.mark.parametrize(
    ("server", "requests", "said"), [("batching", "1", True), ("batching", "2", False), ("plain", "1", False)]
)
def test_a_server_that_batches_is_to_be_handed_more_than_one_request(server: str, requests: str, said: bool) -> None:
    assert any("nothing is batched" in one for one in of_batching(settings(server, requests))) is said
