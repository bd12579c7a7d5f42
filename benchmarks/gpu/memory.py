"""What services hold of a GPU's memory, alone and two at once; what they do when it is full, and when no longer.

Without a GPU two services at once are all that can be rehearsed.
"""

import re
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.gpu.device import used_mib
from benchmarks.gpu.services import Candidate
from benchmarks.serving import CACHE, ROOT
from benchmarks.serving.client.load import Load, Target, run_load, write_target
from benchmarks.serving.models import BenchmarkModel
from benchmarks.serving.servers.peers import UnavailableError
from benchmarks.serving.servers.processes import running

CONNECTIONS = 128
FILL_SECONDS = 30.0  # at most, until it is full
FULL_SECONDS = 15.0  # of load: TensorFlow waits ten seconds for memory before a call fails
PAUSE = 0.05
COMPLAINTS = re.compile(r"The model failed on .*")


@dataclass(frozen=True)
class Moment:
    """The state after something was done."""

    what: str
    gpu_mib: float | None
    """In use of the whole GPU, whoever has it."""

    rates: dict[str, float] = field(default_factory=dict)
    """Good answers a second, of each service that was asked; all were asked at once."""

    faults: dict[str, int] = field(default_factory=dict)
    """Of each service, answers other than 200 and requests without an answer."""

    said: str = ""
    """What a service's log has of it, or why a service didn't start."""


@dataclass(frozen=True)
class Asked:
    name: str
    target: Target
    log: Path


def measure_memory(
    candidate: Candidate, models: Sequence[BenchmarkModel], seconds: float, *, gpu: bool
) -> Iterator[Moment]:
    """What one service with the first model and one with the last do side by side, as soon as each moment was.

    UnavailableError where a service doesn't start though there is memory.
    """
    yield Moment("nothing runs", used_mib())
    with _started(candidate, models[0], f"{models[0].name}, first") as first:
        yield Moment(f"{models[0].name} is ready", used_mib())
        yield _loaded("it alone is asked", [first], seconds)
        with _started(candidate, models[-1], f"{models[-1].name}, second") as second:
            yield Moment(f"{models[-1].name} is ready beside it", used_mib())
            yield _loaded("the second alone is asked", [second], seconds)
            yield _loaded("both are asked at once", [first, second], seconds)
    if gpu:
        yield from _when_full(candidate, models, seconds)


def _when_full(candidate: Candidate, models: Sequence[BenchmarkModel], seconds: float) -> Iterator[Moment]:
    """The first service anew: what it grew to under load it would keep."""
    with _started(candidate, models[0], f"{models[0].name}, full") as service:
        with _filled():
            yield Moment("all other memory of the GPU is taken", used_mib())
            yield _loaded("it is asked meanwhile", [service], max(seconds, FULL_SECONDS))
            yield _refused(candidate, models[-1])
        yield _loaded("it is asked once there is memory again", [service], seconds)
        with _started(candidate, models[-1], f"{models[-1].name}, after"):
            yield Moment("a second service is ready again", used_mib())


def _refused(candidate: Candidate, model: BenchmarkModel) -> Moment:
    begun = time.monotonic()
    try:
        with _started(candidate, model, f"{model.name}, refused"):
            return Moment("a second service started all the same", used_mib())
    except UnavailableError as error:
        return Moment(f"a second service gave up after {time.monotonic() - begun:.1f} s", used_mib(), said=str(error))


@contextmanager
def _started(candidate: Candidate, model: BenchmarkModel, name: str) -> Iterator[Asked]:
    folder = name.replace(", ", "-")
    log = CACHE / "logs" / "memory" / folder / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    wire = candidate.service.wires[model.form]
    with candidate.service.start(model, log) as root:
        yield Asked(name, write_target(root + wire.path, wire, model.samples, CACHE / "requests" / folder), log)


def _loaded(what: str, services: Sequence[Asked], seconds: float) -> Moment:
    before = {one.name: len(_complaints(one)) for one in services}
    with ThreadPoolExecutor(len(services)) as pool:
        loads: list[Load] = list(pool.map(lambda one: run_load(one.target, CONNECTIONS, seconds), services))
    by_name = dict(zip((one.name for one in services), loads, strict=True))
    new = [line for one in services for line in _complaints(one)[before[one.name] :]]
    return Moment(
        what,
        used_mib(),
        {name: round(load.rate, 1) for name, load in by_name.items()},
        {name: load.faults for name, load in by_name.items()},
        new[-1] if new else "",
    )


def _complaints(service: Asked) -> list[str]:
    return COMPLAINTS.findall(service.log.read_text(encoding="utf-8", errors="replace"))


@contextmanager
def _filled() -> Iterator[None]:
    log = CACHE / "logs" / "memory" / "filling.log"
    command = [sys.executable, "-m", "benchmarks.gpu.filling", "0"]
    with running(command, {}, log, ROOT) as process:
        end = time.monotonic() + FILL_SECONDS
        while not (said := log.read_text(encoding="utf-8", errors="replace").strip()):
            if process.poll() is not None or time.monotonic() > end:
                break
            time.sleep(PAUSE)
        if said != "full":
            raise UnavailableError(f"the GPU's memory couldn't be filled: {said or 'no word of it'}")
        yield
