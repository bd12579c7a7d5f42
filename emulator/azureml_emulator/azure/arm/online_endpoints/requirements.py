"""What each replica of a deployment has: a virtual machine of its own, or what it asks for on Kubernetes."""

import re

from azureml_emulator.azure.arm.online_endpoints.instance_types import is_served
from azureml_emulator.azure.computes.sizes import check_size, cores_and_memory, gpus_per_node
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.wire import Document

_DEFAULT_TYPE = "defaultinstancetype"
_DEFAULT = {"cpu": "100m", "memory": "2Gi"}
"""https://learn.microsoft.com/azure/machine-learning/how-to-manage-kubernetes-instance-types"""
_SUFFIXES = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_QUANTITY = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_MOST_GPUS = 64


def of_size(instance_type: str | None) -> Document:
    """Raises BadRequest for none, and for one that Azure no longer has, or its managed endpoints don't take."""
    if not instance_type:
        raise BadRequest("a managed deployment needs an instanceType, such as Standard_DS3_v2")
    if not re.fullmatch(r"Standard_\w{1,60}", instance_type):
        raise BadRequest(f"instanceType {shortened(instance_type)} is no size of virtual machines: Standard_DS3_v2 is")
    check_size(instance_type)
    if not is_served(instance_type):
        raise BadRequest(
            f"instanceType {instance_type} is none that managed online endpoints take, as Standard_DS3_v2 and "
            "Standard_NC4as_T4_v3 are: https://learn.microsoft.com/azure/machine-learning/"
            "reference-managed-online-endpoints-vm-sku-list",
            code="VmSizeNotSupported",
        )
    cores, memory = cores_and_memory(instance_type) or (None, None)
    return {"cpu": cores, "memoryInGB": memory, "gpu": gpus_per_node(instance_type) or None}


def on_cluster(compute: Document, properties: Document) -> Document:
    """By its own requirements, else by its instance type, which the compute must have. Raises BadRequest."""
    asked = properties.get("containerResourceRequirements") or {}
    requests, limits = asked.get("containerResourceRequests") or {}, asked.get("containerResourceLimits") or {}
    given = _of_type(compute, properties.get("instanceType"), own=bool(requests)) | _given(requests)
    found = {name: _quantity(given.get(name), name) for name in ("cpu", "memory", "gpu")}
    most = {name: _quantity(limits.get(name), name) for name in found}
    for name, limit in most.items():
        if limit is not None and (found[name] or 0) > limit:
            raise BadRequest(f"{name}: {given[name]} is requested, above the limit of {limits[name]}")
    return {
        "cpu": found["cpu"],
        "cpuLimit": most["cpu"],
        "memoryInGB": _in_gib(found["memory"]),
        "memoryInGBLimit": _in_gib(most["memory"]),
        "gpu": _gpus(found["gpu"] or most["gpu"]),
    }


def _of_type(compute: Document, name: str | None, *, own: bool) -> Document:
    types = (compute["properties"].get("properties") or {}).get("instanceTypes") or {}
    if name in (None, "", _DEFAULT_TYPE) and _DEFAULT_TYPE not in types:
        return _DEFAULT
    known = types.get(name or _DEFAULT_TYPE)
    if known is None and not own:
        there = ", ".join(sorted({*types, _DEFAULT_TYPE}))
        raise BadRequest(
            f"compute '{compute['name']}' has no instance type {shortened(name)}, it has {there}: take one of them, or "
            "say the resources that the deployment requests"
        )
    asked = ((known or {}).get("resources") or {}).get("requests") or {}
    return _DEFAULT | _given({"cpu": asked.get("cpu"), "memory": asked.get("memory")}) | _type_gpus(known)


def _type_gpus(known: Document | None) -> Document:
    resources = (known or {}).get("resources") or {}
    counts = [(resources.get(which) or {}).get("nvidia.com/gpu") for which in ("limits", "requests")]
    found = next((count for count in counts if count is not None), None)
    return {} if found is None else {"gpu": str(found)}


def _given(values: Document) -> Document:
    return {name: value for name, value in values.items() if value is not None}


def _quantity(text: object, name: str) -> float | None:
    """As Kubernetes writes them: cores, bytes, or a number."""
    if text is None:
        return None
    found = _QUANTITY.fullmatch(str(text))
    if found is None:
        raise BadRequest(f"{name} must be a quantity of Kubernetes such as 0.5, 500m or 2Gi, not {shortened(text)}")
    factor = 1e-3 if found[2] == "m" else _SUFFIXES[found[2] or ""]
    return float(found[1]) * factor


def _in_gib(memory: float | None) -> float | None:
    return None if memory is None else memory / 2**30


def _gpus(count: float | None) -> int | None:
    if count is not None and (count != int(count) or count > _MOST_GPUS):
        raise BadRequest(f"gpu must be a whole number up to {_MOST_GPUS}, not {count:g}")
    return int(count) if count else None
