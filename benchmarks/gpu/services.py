"""The services that are compared on a GPU, and on how many cores each runs."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from benchmarks.serving import ROOT
from benchmarks.serving.client.wires import OUR_WIRES
from benchmarks.serving.servers.services import SERVICES, Service, inference_server, our_variables

ALL_CORES = 0
FEW_CORES = 4  # of a node with a T4: Standard_NC4as_T4_v3
HALF, FLOAT32 = "float16", "float32"
EXACT = {"NVIDIA_TF32_OVERRIDE": "0"}  # no TF32 in cuBLAS and cuDNN
XLA = {"SCORING_XLA": "1"}
TWO_PROCESSES = {"WORKER_COUNT": "2"}
MAX_BATCHES, LANES = (8, 32, 64, 128), (1, 2, 3)
ALL, FEW, MAX_BATCH, LANE = "all cores", f"{FEW_CORES} cores", "max_batch", "lanes"
"""What a service is compared with: the titles of a plot's parts."""


@dataclass(frozen=True)
class Candidate:
    """A service on so many cores, and what it is compared with."""

    service: Service
    cores: int = ALL_CORES
    group: str = ALL
    peer: str = ""
    """The folder in benchmarks/peers of what it needs an environment of its own for."""

    @property
    def name(self) -> str:
        return f"{self.service.name}, {self.cores} cores" if self.cores else self.service.name


@dataclass(frozen=True)
class Ours:
    """Our service by its knobs, in 16 bits on a GPU and in float32 without one."""

    gpu: bool
    max_batch: int
    lanes: int

    @property
    def precision(self) -> str:
        return HALF if self.gpu else FLOAT32

    @property
    def best(self) -> Candidate:
        return Candidate(self.service(f"ours, {self.precision}"))

    @property
    def tf32(self) -> Candidate:
        """On a GPU float32 is TF32 where the processor has it, which rounds to 10 bits."""
        return Candidate(self.service("ours, float32 (TF32)", FLOAT32))

    @property
    def exact(self) -> Candidate:
        return Candidate(self.service("ours, float32 (no TF32)", FLOAT32, EXACT))

    @property
    def xla(self) -> Candidate:
        return Candidate(self.service(f"ours, {self.precision}, XLA", more=XLA))

    @property
    def two_processes(self) -> Candidate:
        return Candidate(self.service(f"ours, {self.precision}, two processes", more=TWO_PROCESSES))

    def knobs(self) -> Iterator[Candidate]:
        """One knob turned in each, all others as they are."""
        for size in MAX_BATCHES:
            if size != self.max_batch:
                turned = replace(self, max_batch=size)
                yield Candidate(turned.service(f"ours, max_batch {size}"), group=MAX_BATCH)
        for count in LANES:
            if count != self.lanes:
                turned = replace(self, lanes=count)
                yield Candidate(turned.service(f"ours, lanes {count}"), group=LANE)

    def service(self, name: str, precision: str = "", more: Mapping[str, str] | None = None) -> Service:
        """With `more` variables. Its answers are held to what 16 bits allow, as are those of all others."""

        def variables() -> Mapping[str, str]:
            knobs = {
                "SCORING_PRECISION": precision or self.precision,
                "SCORING_MAX_BATCH": str(self.max_batch),
                "SCORING_LANES": str(self.lanes),
                "SCORING_REQUIRE_GPU": str(int(self.gpu)),
            }
            return {**our_variables(), **knobs, **(more or {})}

        return Service(name, "ours", inference_server(ROOT, variables), OUR_WIRES, HALF)


def other(name: str) -> Candidate:
    """One of SERVICES."""
    found = next(service for service in SERVICES if service.name == name)
    return Candidate(replace(found, precision=HALF), peer=name.lower() if found.kind == "peer" else "")


def on_few(candidate: Candidate) -> Candidate:
    return replace(candidate, cores=FEW_CORES, group=FEW)


@contextmanager
def held_to(cores: int) -> Iterator[Callable[[], None]]:
    """What is started in the block runs on the first `cores`, or on all; the function given frees this process."""
    every = os.sched_getaffinity(0)

    def free() -> None:
        os.sched_setaffinity(0, every)

    if cores:
        os.sched_setaffinity(0, sorted(every)[:cores])
    try:
        yield free
    finally:
        free()
