"""How many replicas an autoscaled service should have, by its load."""

from typing import Any

import pytest

from azureml_emulator.azure.services.autoscaling import SCALE_DOWN_SECONDS, Scaler


def service(replicas: int, at_once: int = 1, **settings: int) -> dict[str, Any]:
    scaler = {"minReplicas": 1, "maxReplicas": 10, "targetUtilization": 70} | settings
    return {"numReplicas": replicas, "maxConcurrentRequestsPerContainer": at_once, "autoScaler": scaler}


@pytest.mark.parametrize(
    ("requests", "document", "replicas"),
    [
        (0, service(1), 1),
        (1, service(1), 2),  # one of one is busy: over 70 %
        (7, service(1), 10),
        (100, service(1), 10),
        (100, service(1, maxReplicas=3), 3),
        (0, service(1, minReplicas=2), 2),
        (7, service(1, at_once=10), 1),
        (8, service(1, at_once=10), 2),
        (5, service(1, targetUtilization=100), 5),
    ],
)
def test_as_many_as_the_load_asks_for(requests: int, document: dict[str, Any], replicas: int) -> None:
    assert Scaler().replicas(document, requests, 0) == replicas


def test_replicas_stay_for_a_while_after_the_load() -> None:
    scaler = Scaler()
    assert scaler.replicas(service(1), 7, 0) == 10
    assert scaler.replicas(service(10), 0, SCALE_DOWN_SECONDS) == 10
    assert scaler.replicas(service(10), 0, SCALE_DOWN_SECONDS + 1) == 1


def test_what_it_finds_at_first_stays_as_long() -> None:
    scaler = Scaler()
    assert scaler.replicas(service(4), 0, 0) == 4
    assert scaler.replicas(service(4), 0, SCALE_DOWN_SECONDS + 1) == 1
