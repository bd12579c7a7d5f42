"""What each replica of a deployment has, from sizes of virtual machines and from quantities of Kubernetes."""

from __future__ import annotations

from typing import Any

import pytest

from azureml_emulator.azure.arm.online_endpoints.requirements import of_size, on_cluster
from azureml_emulator.errors import BadRequest

TYPES = {"large": {"resources": {"requests": {"cpu": "2", "memory": "4Gi"}, "limits": {"nvidia.com/gpu": "2"}}}}


def asked(requests: dict[str, Any] | None = None, limits: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    resources = {"containerResourceRequests": requests, "containerResourceLimits": limits}
    return {"containerResourceRequirements": resources, **more}


def on(properties: dict[str, Any], types: object = None) -> dict[str, Any]:
    compute = {"name": "k8s", "properties": {"properties": {"instanceTypes": types}}}
    return {name: value for name, value in on_cluster(compute, properties).items() if value is not None}


def test_a_virtual_machine() -> None:
    assert of_size("Standard_NC4as_T4_v3") == {"cpu": 4, "memoryInGB": 28, "gpu": 1}
    assert of_size("Standard_DS3_v2") == {"cpu": 4, "memoryInGB": 14, "gpu": None}
    assert of_size("Standard_FX4mds") == {"cpu": None, "memoryInGB": None, "gpu": None}


@pytest.mark.parametrize("size", ["Standard_D2_v3", "Standard_DS12_v2", "Standard_D4s_v3", "Standard_Unknown_v9"])
def test_a_virtual_machine_that_managed_endpoints_do_not_take(size: str) -> None:
    with pytest.raises(BadRequest, match="is none that managed online endpoints take"):
        of_size(size)


@pytest.mark.parametrize(
    ("text", "cores"), [("1", 1.0), ("0.5", 0.5), ("500m", 0.5), ("1500m", 1.5), ("2k", 2000.0), ("0", 0.0)]
)
def test_cores(text: str, cores: float) -> None:
    assert on(asked({"cpu": text}))["cpu"] == cores


@pytest.mark.parametrize(
    ("text", "gib"), [("1Gi", 1.0), ("512Mi", 0.5), ("1073741824", 1.0), ("2G", 2e9 / 2**30), ("1024Ki", 1 / 1024)]
)
def test_memory(text: str, gib: float) -> None:
    assert on(asked({"memory": text}))["memoryInGB"] == gib


def test_instance_types() -> None:
    assert on({}) == {"cpu": 0.1, "memoryInGB": 2.0}
    assert on({"instanceType": "large"}, TYPES) == {"cpu": 2.0, "memoryInGB": 4.0, "gpu": 2}
    assert on(asked({"cpu": "1"}, instanceType="large"), TYPES) == {"cpu": 1.0, "memoryInGB": 4.0, "gpu": 2}
    assert on(asked({"cpu": "1"}, instanceType="other"), TYPES) == {"cpu": 1.0, "memoryInGB": 2.0}
    with pytest.raises(BadRequest, match="has no instance type 'other', it has defaultinstancetype, large"):
        on({"instanceType": "other"}, TYPES)


def test_limits() -> None:
    found = on(asked({"cpu": "1"}, {"cpu": "2", "memory": "2Gi", "gpu": "1"}))
    assert found == {"cpu": 1.0, "cpuLimit": 2.0, "memoryInGB": 2.0, "memoryInGBLimit": 2.0, "gpu": 1}


@pytest.mark.parametrize("text", ["", "much", "-1", "1Gib", "1e3", "1 Gi", "nan", "1.5.1"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(BadRequest, match="memory must be a quantity of Kubernetes"):
        on(asked({"memory": text}))
