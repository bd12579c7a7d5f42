"""Very many small requests, and what they leave behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving.client.load import MissingWrkError, run_load, write_target
from benchmarks.serving.client.sampling import sampled
from benchmarks.serving.client.wires import RawJpeg
from tests.integration.scoring.client.load import ask_all
from tests.integration.scoring.server.running import Running, Size, growth, size

CONNECTIONS = 32
SAMPLES = 40  # at least, of a run
WARM_UP = 2000  # requests
SHORTEST = 1.0  # seconds, of wrk
LONGEST = 30.0


@dataclass(frozen=True)
class Endurance:
    """What came of `answers` requests."""

    answers: int
    faults: int
    """Answers that weren't 200, and requests without one."""

    samples: list[Size]

    @property
    def growth(self) -> str | None:
        """As running.growth() tells it."""
        return growth(self.samples)


def endure(running: Running, images: Sequence[bytes], count: int, folder: Path) -> Endurance:
    """Score `images` in turn until there were `count` answers, by wrk where it is installed."""
    target = write_target(f"{running.url}/score", RawJpeg(), images, folder)

    def some(wanted: int, rate: float) -> tuple[int, int]:
        """Answers and faults of about `wanted` requests."""
        try:
            load = run_load(target, CONNECTIONS, min(LONGEST, max(SHORTEST, wanted / rate)))
            return load.answers, load.faults
        except MissingWrkError:
            bodies = [images[number % len(images)] for number in range(min(wanted, 10_000))]
            answers = ask_all(running.port, bodies, CONNECTIONS)
            return len(answers), sum(answer.status != 200 for answer in answers)

    rate = some(WARM_UP, WARM_UP)[0] / SHORTEST
    answers = faults = 0
    with sampled(lambda: size(running), min(1.0, count / rate / SAMPLES)) as samples:
        while answers < count:
            more, wrong = some(count - answers, rate)
            answers, faults = answers + more, faults + wrong
    return Endurance(answers, faults, samples)
