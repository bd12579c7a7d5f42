"""The services that are compared on a GPU, in the order of what they tell, for the time may not suffice for all."""

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
TF32 = "ours, float32 (TF32)"
EXACT = {"NVIDIA_TF32_OVERRIDE": "0"}  # no TF32 in cuBLAS and cuDNN
TWO = {"WORKER_COUNT": "2"}


@dataclass(frozen=True)
class Candidate:
    """A service on so many cores; its answers are held to what 16 bits allow, as TF32 rounds to 10 bits, too."""

    service: Service
    precision: str
    cores: int = ALL_CORES

    @property
    def name(self) -> str:
        return f"{self.service.name}, {self.cores} cores" if self.cores else self.service.name


def candidates(*, gpu: bool, max_batch: int, lanes: int) -> list[Candidate]:
    """What is measured, first things first. Without a GPU only what needs none, in float32."""
    half = HALF if gpu else FLOAT32
    best = ours(f"ours, {half}", half, max_batch=max_batch, lanes=lanes)
    seed, fastapi, pytriton = (_named(name) for name in ("seed", "FastAPI", "PyTriton"))
    tf32 = [Candidate(ours(TF32, FLOAT32, max_batch=max_batch, lanes=lanes), FLOAT32)] if gpu else []
    two = Candidate(ours(f"ours, {half}, two processes", half, TWO, max_batch=max_batch, lanes=lanes), half)
    few = [Candidate(best, half, FEW_CORES), Candidate(seed, FLOAT32, FEW_CORES)]
    first = [Candidate(best, half), Candidate(seed, FLOAT32), *tf32, two, Candidate(fastapi, FLOAT32), *few]
    knobs = [
        *(ours(f"ours, {half}, max_batch {size}", half, max_batch=size, lanes=lanes) for size in (8, 32, 64, 128)),
        *(ours(f"ours, {half}, lanes {count}", half, max_batch=max_batch, lanes=count) for count in (1, 2, 3)),
    ]
    if gpu:
        xla = {"SCORING_XLA": "1"}
        knobs.append(ours(f"ours, {half}, XLA", half, xla, max_batch=max_batch, lanes=lanes))
        knobs.append(ours("ours, float32 (no TF32)", FLOAT32, EXACT, max_batch=max_batch, lanes=lanes))
    others = [Candidate(fastapi, FLOAT32, FEW_CORES), Candidate(pytriton, FLOAT32)]
    return [*first, *(Candidate(knob, half) for knob in knobs), *others]


def ours(name: str, precision: str, more: Mapping[str, str] | None = None, *, max_batch: int, lanes: int) -> Service:
    def variables() -> Mapping[str, str]:
        knobs = {"SCORING_PRECISION": precision, "SCORING_MAX_BATCH": str(max_batch), "SCORING_LANES": str(lanes)}
        return {**our_variables(), **knobs, **(more or {})}

    return Service(name, "ours", inference_server(ROOT, variables), OUR_WIRES, "float16")


def _named(name: str) -> Service:
    return replace(next(service for service in SERVICES if service.name == name), precision="float16")


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
