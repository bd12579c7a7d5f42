"""What a replica asks of a node, and what a node has, in Kubernetes' units."""

from dataclasses import dataclass, fields

from azureml_emulator.wire import Document

NAMES = {"cpu": "cpu", "memory": "memory", "gpus": "nvidia.com/gpu"}
"""What Kubernetes calls each of the fields."""
_OVERHEAD_CPU, _OVERHEAD_MEMORY = 0.1, 0.6
"""Cores and GB that Azure ML adds to a replica: 1 core and 2 GB were counted as 1.1 and 2.6 in
https://github.com/Azure/azure-sdk-for-python/issues/14168."""


@dataclass(frozen=True)
class Resources:
    cpu: float = 0
    """Thousandths of a core."""

    memory: float = 0
    """MiB."""

    gpus: int = 0

    def plus(self, other: "Resources") -> "Resources":
        return Resources(self.cpu + other.cpu, self.memory + other.memory, self.gpus + other.gpus)

    def minus(self, other: "Resources") -> "Resources":
        return Resources(self.cpu - other.cpu, self.memory - other.memory, self.gpus - other.gpus)

    def lacking(self, free: "Resources") -> list[str]:
        """Kubernetes' names of what there is too little of in `free` for these; what isn't asked for never lacks."""
        asked = [field.name for field in fields(self) if getattr(self, field.name) > 0]
        return [NAMES[name] for name in asked if getattr(self, name) > getattr(free, name)]

    def without_gpus(self) -> "Resources":
        return Resources(self.cpu, self.memory)


def requests_of(service: Document) -> Resources:
    """What each replica of the service asks for, with what Azure ML adds."""
    asked = service.get("containerResourceRequirements") or {}
    cpu = round(((asked.get("cpu") or 0) + _OVERHEAD_CPU) * 1000)
    memory = round(((asked.get("memoryInGB") or 0) + _OVERHEAD_MEMORY) * 1024)
    return Resources(cpu, memory, int(asked.get("gpu") or 0))
