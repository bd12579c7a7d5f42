"""How many replicas an autoscaled service should have.

As azureml-fe decides: https://learn.microsoft.com/azure/machine-learning/how-to-kubernetes-inference-routing-azureml-fe
"""

import math

from azureml_emulator.wire import Document

SCALE_DOWN_SECONDS = 60.0
"""Replicas are added at once, and taken away only when they were too many for so long."""


class Scaler:
    """The memory of one service's autoscaling."""

    def __init__(self) -> None:
        self._needed: list[tuple[float, int]] = []

    def replicas(self, service: Document, requests: int, moment: float) -> int:
        """What `requests`, being answered or waiting at `moment` (seconds), ask for, between minimum and maximum."""
        settings = service["autoScaler"]
        each = float(service["maxConcurrentRequestsPerContainer"] * settings["targetUtilization"]) / 100
        low, high = int(settings["minReplicas"]), int(settings["maxReplicas"])
        needed = min(max(math.ceil(requests / each), low), high)
        current = min(max(int(service["numReplicas"]), low), high)
        self._needed = self._needed or [(moment, current)]
        self._needed.append((moment, needed))
        self._needed = [(then, count) for then, count in self._needed if moment - then <= SCALE_DOWN_SECONDS]
        return max(needed, min(current, max(count for _, count in self._needed)))
