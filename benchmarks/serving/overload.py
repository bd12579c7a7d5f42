"""Our service under more load than it can answer: what it sends, how fast, and whether its memory grows."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.serving.load import Load, Target, run_load
from benchmarks.serving.models import BenchmarkModel
from benchmarks.serving.processes import usage
from benchmarks.serving.results import HIGHEST, Overload
from benchmarks.serving.services import Service, serve

CONNECTIONS = 768  # three times what our service lets wait, so that most requests find its queue full
OFFERED = 4.5  # times the peak
TRIAL_SECONDS = 5.0
SAMPLE_SECONDS = 1.0


def overload(service: Service, model: BenchmarkModel, seconds: float) -> Overload:
    """Load `service` with OFFERED times its peak for `seconds`.

    Each connection pauses between its requests, so that the rate is what was meant and the client, which shares the
    processor with the service, takes no more of it than that rate costs. UnavailableError as `serve` raises it.
    """
    with serve(service, model) as running:
        run_load(running.target, HIGHEST, TRIAL_SECONDS)
        peak = run_load(running.target, HIGHEST, TRIAL_SECONDS * 2)
        pause = _pause(running.target, peak.rate * OFFERED)
        with memory_samples() as samples:
            load = run_load(running.target, CONNECTIONS, seconds, pause)
    return Overload(model.name, peak.rate, offered(load, pause), load, tuple(samples))


def _pause(target: Target, wanted: float) -> float:
    """Milliseconds that each connection must pause for `wanted` requests a second in all, found by one trial."""
    pause = CONNECTIONS / wanted * 1000
    trial = run_load(target, CONNECTIONS, max(TRIAL_SECONDS, pause / 1000 * 3), pause)
    return max(1.0, pause * min(1.0, offered(trial, pause) / wanted))


def offered(load: Load, pause_ms: float) -> float:
    """Requests a second, once the first pause of the connections is over."""
    return load.answers / max(load.seconds - pause_ms / 1000, SAMPLE_SECONDS)


@contextmanager
def memory_samples() -> Iterator[list[float]]:
    """A list that gets the service's memory in MiB once a second for as long as the block lasts."""
    samples: list[float] = []
    over = threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLE_SECONDS):
            samples.append(usage().memory_mib)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()
