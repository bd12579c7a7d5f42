"""The GPUs of this machine, and which replicas and runs have them.

Nothing of it is kept: what has a GPU is what runs, and nothing that was started outlives the workspace's process.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from azureml_emulator.errors import BadRequest

VISIBLE = "CUDA_VISIBLE_DEVICES"
HIDDEN = ("", "-1")
"""Values of it that hide all GPUs."""
NO_GPU = "KubernetesUnschedulable"
"""Code of the error where too few are free."""
_ORDER = "CUDA_DEVICE_ORDER"
_LIST_SECONDS = 30.0


class Gpu(NamedTuple):
    id: str
    """What CUDA_VISIBLE_DEVICES names it by: a number or the beginning of a UUID."""

    name: str

    def __str__(self) -> str:
        return f"GPU {self.id} ({self.name})"


@dataclass(eq=False)
class Lease:
    """The GPUs of one replica or run, which are its own until `running` says that it has ended."""

    holder: str
    gpus: tuple[Gpu, ...]
    service: str | None = None
    """Whose replica has it; None: a run has."""

    running: Callable[[], bool] = lambda: True

    def end(self) -> None:
        self.running = lambda: False


class Gpus:
    """Hands out the machine's GPUs, the least used first; without `share`, each to one replica only.

    Runs never keep one from a replica: the very run that deploys a service may have it.
    """

    def __init__(self, machine: Sequence[Gpu], *, share: bool = False) -> None:
        self.machine = tuple(machine)
        self.share = share
        self._leases: list[Lease] = []

    def leases(self, service: str | None = None) -> list[Lease]:
        """Those of what runs, of all or of one service."""
        self._leases = [lease for lease in self._leases if lease.running()]
        return [lease for lease in self._leases if service in (None, lease.service)]

    def for_replica(self, service: str, replica: str, count: int) -> Lease:
        """So many for a replica, none where the machine has none. BadRequest where too few are free."""
        holder = f"{replica} of service '{service}'"
        if not self.machine:
            return Lease(holder, (), service)
        held = {gpu for lease in self.leases() if lease.service for gpu in lease.gpus}
        free = [gpu for gpu in self.machine if self.share or gpu not in held]
        if count > len(free):
            raise BadRequest(self._shortage(service, count, len(free)), code=NO_GPU)
        return self._hand_out(Lease(holder, self._least_used(free, count), service))

    def affordable_replicas(self, service: str, each: int) -> int:
        """How many replicas with so many GPUs the service can have, beside the other services."""
        if self.share or not self.machine:
            return sys.maxsize
        held = {gpu for lease in self.leases() if lease.service not in (None, service) for gpu in lease.gpus}
        return (len(self.machine) - len(held)) // each

    def for_run(self, run: str, count: int) -> Lease:
        """So many for a run, or as many as there are; where too few are free, others' too."""
        return self._hand_out(Lease(f"run {run}", self._least_used(self.machine, count)))

    def others(self, lease: Lease) -> list[str]:
        """Who else has one of its GPUs."""
        return [other.holder for other in self.leases() if other is not lease and {*other.gpus} & {*lease.gpus}]

    def visible(self, environment: Mapping[str, str], lease: Lease | None) -> dict[str, str]:
        """The environment of a process that has these GPUs; None: that was to have none.

        What was to have GPUs and hides them all from itself goes without; on a machine where none are known, it sees
        what the workspace itself does.
        """
        if lease is None:
            return dict(environment) | {VISIBLE: ""}
        if not lease.gpus or environment.get(VISIBLE) in HIDDEN:
            return dict(environment)
        # As nvidia-smi counts, unless told: CUDA by itself would count the fastest first.
        return {_ORDER: "PCI_BUS_ID"} | dict(environment) | {VISIBLE: ",".join(gpu.id for gpu in lease.gpus)}

    def _hand_out(self, lease: Lease) -> Lease:
        self._leases.append(lease)
        return lease

    def _least_used(self, among: Sequence[Gpu], count: int) -> tuple[Gpu, ...]:
        leases = self.leases()
        chosen = sorted(among, key=lambda gpu: sum(gpu in lease.gpus for lease in leases))[:count]
        return tuple(gpu for gpu in among if gpu in chosen)

    def _shortage(self, service: str, count: int, free: int) -> str:
        said = f"Insufficient nvidia.com/gpu: '{service}' asks for {count} a replica, "
        if count > len(self.machine):
            return f"{said}this machine has {len(self.machine)}"
        holders = [lease for lease in self.leases() if lease.service]
        had = "; ".join(f"{lease.holder} has {listed(lease.gpus)}" for lease in holders)
        return (
            f"{said}{free} of this machine's {len(self.machine)} are free: ask for fewer replicas (an update needs one "
            "more while it lasts), delete a service, or let replicas share GPUs: stop the local workspace (`down`) and "
            f"start it with `up --share-gpus`. {had}"
        )


def listed(gpus: Iterable[Gpu]) -> str:
    return ", ".join(map(str, gpus))


def machine_gpus(environment: Mapping[str, str] = os.environ) -> tuple[Gpu, ...]:
    """The NVIDIA GPUs of this machine that the environment's CUDA_VISIBLE_DEVICES, where it is set, lets be seen."""
    found = _installed(shutil.which("nvidia-smi", path=environment.get("PATH")))
    whole = [gpu for gpu in found if not gpu.id.startswith("MIG-")]
    asked = environment.get(VISIBLE)
    if asked is None:
        return tuple(Gpu(str(number), gpu.name) for number, gpu in enumerate(whole))
    seen: dict[Gpu, Gpu] = {}
    for token in (token.strip() for token in asked.split(",")):
        gpu = _named(token, found, whole)
        if gpu is None:  # as CUDA does: it and what follows is left out
            break
        seen.setdefault(gpu, Gpu(token, gpu.name))
    return tuple(seen.values())


def _named(token: str, found: Sequence[Gpu], whole: Sequence[Gpu]) -> Gpu | None:
    if token.isdecimal():
        return whole[int(token)] if int(token) < len(whole) else None
    return next((gpu for gpu in found if token and gpu.id.startswith(token)), None)


@cache
def _installed(tool: str | None) -> tuple[Gpu, ...]:
    """By their UUIDs, also the parts that GPUs are split into (MIG). `nvidia-smi -L` prints, for example:

    GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-8f5c1c9e-…)
      MIG 1g.5gb      Device  0: (UUID: MIG-63feeb45-…)
    """
    if tool is None:
        return ()
    try:
        ended = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=_LIST_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    lines = re.findall(r"^ *(?:GPU \d+: )?(.+?):? \(UUID: (.+)\)$", ended.stdout, re.MULTILINE)
    return tuple(Gpu(uuid, " ".join(name.split())) for name, uuid in lines) if ended.returncode == 0 else ()
