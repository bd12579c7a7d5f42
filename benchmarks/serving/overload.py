"""Our service under more load than it can answer: what it sends, how fast, and whether its memory grows."""

from benchmarks.serving.client.load import run_load
from benchmarks.serving.client.sampling import sampled
from benchmarks.serving.models import BenchmarkModel
from benchmarks.serving.report.results import HIGHEST, Overload
from benchmarks.serving.servers.processes import usage
from benchmarks.serving.servers.services import Service, serve
from config.settings import load_settings

DEMAND = 4.5  # times the peak
CONNECTIONS = 3  # times as many as the service lets wait, so that most find its queue full
PEAK_SECONDS = 10.0
SAMPLE_SECONDS = 1.0


def overload(service: Service, model: BenchmarkModel, seconds: float) -> Overload:
    """Load `service` with DEMAND times its peak for `seconds`.

    Each connection pauses between its requests: the client, which shares the processor with the service, then takes
    no more of it than that demand costs. What the service doesn't read in time waits in the sockets, so it may answer
    less than was demanded. UnavailableError as `serve` raises it.
    """
    waiting = load_settings("local").scoring.max_queue
    connections = waiting * CONNECTIONS
    with serve(service, model) as running:
        run_load(running.target, HIGHEST, PEAK_SECONDS / 2)
        peak = run_load(running.target, HIGHEST, PEAK_SECONDS).rate
        with sampled(lambda: usage().memory_mib, SAMPLE_SECONDS) as samples:
            pause_ms = pause(connections - waiting, peak * DEMAND) * 1000
            load = run_load(running.target, connections, seconds, pause_ms)
    return Overload(model.name, peak, peak * DEMAND, load, tuple(samples))


def pause(connections: int, demand: float) -> float:
    """Seconds that each of the connections which aren't waiting pauses, for `demand` requests a second in all."""
    return connections / max(demand, 1.0)
