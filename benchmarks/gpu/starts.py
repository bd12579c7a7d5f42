"""How long a start takes, with an empty cache of what was compiled for the device and with one that an earlier filled.

On a GPU for which TensorFlow brings no machine code, the driver compiles each kernel on first use and keeps it in
CUDA_CACHE_PATH (https://docs.nvidia.com/cuda/cuda-c-programming-guide/#cuda-environment-variables). With XLA,
TensorFlow keeps what it compiled where tf_xla_persistent_cache_directory says (tensorflow/compiler/jit/flags.cc).
"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.gpu.services import XLA, Ours
from benchmarks.serving.models import BenchmarkModel
from benchmarks.serving.servers.services import serve

MIB = 2**20
FEW, MANY = 8, 64  # max_batch: 4 sizes of batches, and 7


@dataclass(frozen=True)
class KeptStart:
    """One start."""

    model: str
    service: str
    sizes: int
    """Sizes of batches that are warmed up: powers of two."""

    cache: str
    """`empty`, or `filled` by the start before."""

    seconds: float
    cache_mib: float
    """Of the files in the cache afterwards."""


def measure_starts(model: BenchmarkModel, ours: Ours) -> Iterator[KeptStart]:
    """Each pair of starts as soon as it was. UnavailableError where one fails.

    Without a GPU of XLA alone, as nothing else compiles there.
    """
    few, many, name = replace(ours, max_batch=FEW), replace(ours, max_batch=MANY), f"ours, {ours.precision}"
    if ours.gpu:
        yield from _pair(model, many, name, {})
    yield from _pair(model, few, f"{name}, XLA", XLA)
    if ours.gpu:
        yield from _pair(model, few, name, {})


def _pair(model: BenchmarkModel, ours: Ours, name: str, variables: Mapping[str, str]) -> Iterator[KeptStart]:
    with tempfile.TemporaryDirectory() as folder:
        kept = {"CUDA_CACHE_PATH": folder, **variables}
        if variables:
            flags = ("--tf_xla_cpu_global_jit", f"--tf_xla_persistent_cache_directory={folder}")
            kept["TF_XLA_FLAGS"] = " ".join(flags)
        for cache in ("empty", "filled"):
            with serve(ours.service(f"{name}, start", more=kept), model) as running:
                seconds = running.startup_seconds
            sizes = ours.max_batch.bit_length()
            yield KeptStart(model.name, name, sizes, cache, round(seconds, 2), _mib(Path(folder)))


def _mib(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MIB, 1)
