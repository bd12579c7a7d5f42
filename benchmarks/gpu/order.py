"""What is measured, in the order of what it tells: the time may not suffice for all."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.gpu.services import ALL_CORES, FEW_CORES, FLOAT32, HALF, Candidate, Ours, on_few, other

LOADS = 4  # concurrencies
START_SECONDS = 15.0  # of a service, beside its load
LIMIT_SECONDS = 25.0


@dataclass(frozen=True)
class Limit:
    """What the machine can do of the model without HTTP."""

    precision: str
    xla: bool = False
    cores: int = ALL_CORES
    placed: bool = False
    """Whether by TensorFlow's own choice of devices, without scoring/model/placement.py."""

    @property
    def name(self) -> str:
        cores = f", {self.cores} cores" if self.cores else ""
        return f"limit, {self.precision}{', XLA' * self.xla}{cores}{', placed by TensorFlow' * self.placed}"


@dataclass(frozen=True)
class Whole:
    """What is measured once a run, and not for each model."""

    name: Literal["memory", "starts", "release"]
    seconds: float


MEMORY, STARTS, RELEASE = Whole("memory", 90.0), Whole("starts", 90.0), Whole("release", 40.0)
Part = Candidate | Limit | Whole


@dataclass(frozen=True)
class Measurement:
    part: Part
    model: str = ""
    """Empty: none in particular."""

    @property
    def name(self) -> str:
        return f"{self.model}: {self.part.name}" if self.model else self.part.name

    @property
    def repeated(self) -> bool:
        """In each round, rather than in the first alone."""
        return not isinstance(self.part, Whole)

    def seconds(self, load: float) -> float:
        """What it takes at least, with `load` seconds of each concurrency; less left: it isn't begun."""
        if isinstance(self.part, Candidate):
            return START_SECONDS + (LOADS + 0.5) * load
        return LIMIT_SECONDS if isinstance(self.part, Limit) else self.part.seconds


def order(models: Sequence[str], ours: Ours, *, quick: bool = False) -> list[Measurement]:
    """First the first model's, against the limit and a peer; without a GPU only what needs none."""
    most, *rest = models
    if quick:
        return list(_of(most, [ours.best, Limit(ours.precision), other("seed")]))
    found = [
        *_of(most, _first(ours)),
        *(one for model in rest for one in _of(model, [ours.best, Limit(ours.precision), other("FastAPI")])),
        *(Measurement(whole) for whole in (MEMORY, STARTS, RELEASE)),
        *(one for model in models for one in _of(model, [*_first(ours), *_later(ours)])),
    ]
    by_name: dict[str, Measurement] = {}
    for one in found:
        by_name.setdefault(one.name, one)
    return list(by_name.values())


def _of(model: str, parts: Iterable[Part]) -> Iterator[Measurement]:
    return (Measurement(part, model) for part in parts)


def _first(ours: Ours) -> Iterator[Part]:
    yield from (ours.best, Limit(ours.precision))
    if ours.gpu:
        yield from (ours.tf32, Limit(FLOAT32))
    yield other("FastAPI")
    if ours.gpu:
        yield from (ours.xla, Limit(HALF, xla=True))
    yield ours.two_processes
    yield from (on_few(ours.best), Limit(ours.precision, cores=FEW_CORES))


def _later(ours: Ours) -> Iterator[Part]:
    yield from (other("seed"), on_few(other("seed")), on_few(other("FastAPI")))
    yield from ours.knobs()
    if ours.gpu:
        yield from (ours.exact, Limit(HALF, placed=True))
    yield other("PyTriton")
