"""The real inference server, started for tests: where it is, what it counts, and what it holds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
import requests
from prometheus_client.parser import text_string_to_metric_families

from steps.scoring_environment import BATCHING_SERVER
from steps.validation.inference_server import InferenceServer

ROOT = Path(__file__).resolve().parents[4]
START_SECONDS = 120
WAIT_SECONDS = 60.0
BATCHING = {"GUNICORN_CMD_ARGS": BATCHING_SERVER}
MIB = 2**20


@dataclass(frozen=True)
class Running:
    """A server that is ready."""

    port: int
    log: Path
    process: psutil.Process
    """gunicorn's first process, which starts the workers."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def workers(self) -> list[psutil.Process]:
        """The processes that answer."""
        return self.process.children()

    def metric(self, name: str, **labels: str) -> float:
        """The value of one sample of /metrics; 0 when nothing was counted under these labels yet."""
        text = requests.get(f"{self.url}/metrics", timeout=WAIT_SECONDS).text
        samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
        return next((found.value for found in samples if (found.name, found.labels) == (name, labels)), 0.0)

    def waiting(self) -> int:
        """Images that no lane has taken."""
        return int(self.metric("scoring_waiting"))


@contextmanager
def serve(model_dir: Path, folder: Path, **variables: str) -> Iterator[Running]:
    """Serve the model in `model_dir` with these environment variables; the log goes to `folder`."""
    log = folder / "server.log"
    with InferenceServer(ROOT, model_dir, variables, deadline=START_SECONDS, log=log) as server:
        port = int(server.scoring_uri.removesuffix("/score").rpartition(":")[2])
        yield Running(port, log, _master(folder))


def _master(folder: Path) -> psutil.Process:
    """The child of this process that InferenceServer gave `folder` to."""
    for child in psutil.Process().children():
        with suppress(psutil.Error):  # it has ended meanwhile
            if child.environ().get("XDG_RUNTIME_DIR") == str(folder):
                return child
    raise AssertionError(f"no server in {folder}")


def until(condition: Callable[[], object], what: str, seconds: float = WAIT_SECONDS) -> None:
    """Wait until `condition` holds; fails the test when the time is up."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.01)


@dataclass(frozen=True)
class Size:
    """What a server's workers held at one moment, together."""

    rss_mib: float
    threads: int


def size(running: Running) -> Size:
    """The size of all workers now."""
    workers = running.workers()
    return Size(sum(w.memory_info().rss for w in workers) / MIB, sum(w.num_threads() for w in workers))


def growth(samples: list[Size]) -> str | None:
    """What grew after the warm-up, None if nothing did.

    The rule: the median memory of the last tenth of the samples is at most that of the second tenth plus 5 % and
    20 MiB, and the last tenth never has more threads than the second tenth had at most.
    """
    tenth = max(1, len(samples) // 10)
    early, late = samples[tenth : 2 * tenth] or samples[:1], samples[-tenth:]
    before, after = (median(one.rss_mib for one in part) for part in (early, late))
    if after > before * 1.05 + 20:
        return f"memory grew from {before:.0f} to {after:.0f} MiB"
    threads, last = (max(one.threads for one in part) for part in (early, late))
    return f"threads grew from {threads} to {last}" if last > threads else None
