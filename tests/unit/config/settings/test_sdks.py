"""What only one of the SDKs has."""

import pytest

from config.settings import load_settings
from tests.unit.config.settings.refusals import refusal

V2 = {"workspace.sdk": "v2", "environment.conda_file": "own.yml"}


def test_what_is_released_through_sdk_v2_is_always_asked_before_it_has_traffic() -> None:
    assert load_settings("local", environ={}).service.strategy == "in_place"
    assert load_settings("local-v2", environ={}).service.strategy == "staged"
    chosen = load_settings("prod", V2 | {"cluster.managed": "true", "cluster.nodes": "6"}, environ={})
    assert (chosen.service.strategy, chosen.cluster.managed) == ("staged", True)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"cluster.managed": "true"}, "cluster.managed is true, which SDK v1 has not"),
        ({"service.keep_previous": "true"}, "service.keep_previous is true, but SDK v1 replaces what ran before"),
        (V2 | {"service.strategy": "in_place"}, "SDK v2 brings up each release beside the one before"),
        (V2 | {"service.blobfuse_enabled": "false"}, "which SDK v2 has no choice of"),
        ({"workspace.sdk": "v2"}, "in environment.conda_file"),
        ({"workspace.sdk": "v3"}, "workspace.sdk"),
        (
            V2 | {"cluster.managed": "true", "cluster.nodes": "3", "service.replicas": "2"},
            "service.replicas=2 and as many of the deployment beside them need 4 machines; cluster.nodes=3",
        ),
        (
            V2 | {"cluster.managed": "true", "cluster.nodes": "6", "service.autoscale_max_replicas": "3"},
            "scaled by Azure Monitor alone",
        ),
    ],
)
def test_what_an_sdk_has_not_is_refused(overrides: dict[str, str], said: str) -> None:
    assert said in refusal(overrides)


def test_with_sdk_v2_as_many_replicas_as_a_deployment_begins_with_must_fit_beside_those_that_serve() -> None:
    assert load_settings("prod", V2 | {"service.replicas": "1"}, {}).spare_replicas == 1
    message = refusal(V2 | {"service.replicas": "2"})
    assert "service.replicas=2 and the 2 of the deployment beside them need room for 4 replicas of 1 GPU" in message
    assert "have room for 3" in message
