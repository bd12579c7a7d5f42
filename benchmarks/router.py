"""What the local workspace's router costs: a service through it, against the same replica called directly.

    python -m benchmarks.router [--rounds 5] [--seconds 4] [--json]

The score.py does nothing, so that whatever the router adds shows. Direct and routed take turns in every round. The load
is wrk's, as in `benchmarks.serving`; the replicas' own server closes each connection, also when it is called directly.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.serving.client.load import Load, MissingWrkError, Target, run_load

CONCURRENCY = 16
ROUNDS, SECONDS = 5, 4.0
SCORE = "def init():\n    pass\n\n\ndef run(data):\n    return data\n"
BODY = b'{"data": [1, 2, 3]}'
DIRECT, ROUTED = "direct", "routed"
IN_TURN, IN_TURN_TWO = "routed, one request at a time", "the same, two replicas"
SERVICES = {ROUTED: (1, CONCURRENCY), IN_TURN: (1, 1), IN_TURN_TWO: (2, 1)}
"""Replicas, and how many requests each gets at once. Called directly, a replica gets as many as there are."""
GOAL_THROUGHPUT = 0.8
GOAL_P99_MS = 5.0


@dataclass
class Rounds:
    """What was measured of one way to call the service."""

    rates: list[float] = field(default_factory=list)
    """Answers a second at CONCURRENCY, a round each."""

    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    """At one request at a time."""

    faults: int = 0
    answers: int = 0

    def add(self, busy: Load, alone: Load) -> None:
        self.rates.append(busy.rate)
        self.p50_ms.append(alone.p50_ms)
        self.p99_ms.append(alone.p99_ms)
        self.faults += busy.faults + alone.faults
        self.answers += busy.answers + alone.answers


def measure(rounds: int = ROUNDS, seconds: float = SECONDS) -> dict[str, Rounds]:
    """Rounds by way of calling. Raises MissingWrkError."""
    measured = {kind: Rounds() for kind in (DIRECT, *SERVICES)}
    with tempfile.TemporaryDirectory() as folder, _services(Path(folder)) as targets:
        for target in targets.values():
            run_load(target, CONCURRENCY, 1)  # warm
        for _ in range(rounds):
            for kind, target in targets.items():
                measured[kind].add(run_load(target, CONCURRENCY, seconds), run_load(target, 1, seconds))
    return measured


def overhead(measured: dict[str, Rounds]) -> tuple[float, float]:
    """Medians over the rounds: routed throughput as a share of direct, and milliseconds that p99 is longer."""
    direct, routed = measured[DIRECT], measured[ROUTED]
    shares = [one / other for one, other in zip(routed.rates, direct.rates, strict=True)]
    longer = [one - other for one, other in zip(routed.p99_ms, direct.p99_ms, strict=True)]
    return statistics.median(shares), statistics.median(longer)


@contextmanager
def _services(folder: Path) -> Iterator[dict[str, Target]]:
    """A workspace of its own, with a service of one replica and one of two."""
    from azureml_emulator.command import daemon
    from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION

    address = daemon.start(folder / "state", outlives_us=False)
    try:
        os.environ.update(address["environment"])
        from azureml.core import Workspace  # reads its cloud's address when imported

        workspace = Workspace(SUBSCRIPTION, RESOURCE_GROUP, NAME)
        shapes = [(f"service-{number}", *shape) for number, shape in enumerate(SERVICES.values())]
        services = [_deploy(workspace, folder, *shape) for shape in shapes]
        direct = _target(_replica_uri(address["pid"], services[0].name), "", folder / "direct")
        routed = [_target(one.scoring_uri, one.get_keys()[0], folder / one.name) for one in services]
        yield {DIRECT: direct} | dict(zip(SERVICES, routed, strict=True))
    finally:
        daemon.stop(folder / "state")


def _deploy(workspace: Any, folder: Path, name: str, replicas: int, at_once: int) -> Any:
    from azureml.core import Environment, Model
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.core.model import InferenceConfig
    from azureml.core.webservice import AksWebservice

    code = folder / "code"
    code.mkdir(exist_ok=True)
    (code / "score.py").write_text(SCORE)
    inference = InferenceConfig("score.py", environment=Environment("trivial"), source_directory=str(code))
    cluster = ComputeTarget.create(workspace, "cluster", AksCompute.provisioning_configuration())
    cluster.wait_for_completion(show_output=False)
    configuration = AksWebservice.deploy_configuration(
        num_replicas=replicas,
        autoscale_enabled=False,
        replica_max_concurrent_requests=at_once,
        max_request_wait_time=10_000,
    )
    service = Model.deploy(workspace, name, [], inference, configuration, cluster)
    service.wait_for_deployment()
    return service


def _replica_uri(pid: int, service: str) -> str:
    """The only replica's own address, which the workspace keeps to itself."""
    processes = psutil.Process(pid).children(recursive=True)
    servers = [process for process in processes if f"/services/{service}/" in process.cwd()]
    found = [connection for server in servers for connection in server.net_connections("tcp")]
    (port,) = {connection.laddr.port for connection in found if connection.status == psutil.CONN_LISTEN}
    return f"http://127.0.0.1:{port}/score"


def _target(uri: str, key: str, folder: Path) -> Target:
    folder.mkdir()
    host, _, path = uri.removeprefix("http://").partition("/")
    fields = {"Host": host, "Content-Type": "application/json", "Content-Length": str(len(BODY))}
    if key:
        fields["Authorization"] = f"Bearer {key}"
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    (folder / "0.http").write_bytes(f"POST /{path} HTTP/1.1\r\n{head}\r\n".encode() + BODY)
    return Target(uri, folder, 1)


def table(measured: dict[str, Rounds]) -> Table:
    columns = (f"answers/s at {CONCURRENCY}", "of direct", "p50 ms at 1", "p99 ms at 1", "answers", "errors")
    shown = Table("", *columns, title="the router of the local workspace")
    direct = statistics.median(measured[DIRECT].rates)
    for kind, rounds in measured.items():
        rate = statistics.median(rounds.rates)
        times = (f"{statistics.median(values):.2f}" for values in (rounds.p50_ms, rounds.p99_ms))
        shown.add_row(kind, f"{rate:.0f}", f"{rate / direct:.2f}", *times, str(rounds.answers), str(rounds.faults))
    return shown


def main() -> int:
    """With a report: 0 when both goals are met and no request failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.router")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement")
    parser.add_argument("--json", action="store_true", help="print nothing but the rounds")
    arguments = parser.parse_args()
    with redirect_stdout(sys.stderr):  # where the SDK says what it does
        try:
            measured = measure(arguments.rounds, arguments.seconds)
        except MissingWrkError as error:
            print(error, file=sys.stderr)
            return 2
    if arguments.json:
        print(json.dumps({kind: asdict(rounds) for kind, rounds in measured.items()}))
        return 0
    return _report(measured)


def _report(measured: dict[str, Rounds]) -> int:
    share, longer = overhead(measured)
    faults = sum(rounds.faults for rounds in measured.values())
    Console(width=120).print(table(measured))
    print(f"throughput through the router: {share:.2f} of direct (goal: {GOAL_THROUGHPUT} or more)")
    print(f"p99 through the router: {longer:.2f} ms longer (goal: less than {GOAL_P99_MS:g} ms); {faults} errors")
    return int(share < GOAL_THROUGHPUT or longer >= GOAL_P99_MS or faults > 0)


if __name__ == "__main__":
    sys.exit(main())
