"""What the local workspace adds, through SDK v2, to four trivial steps and to the start of an endpoint's replica.

    python -m benchmarks.sdk_v2 [--rounds 5] [--json]

The pipeline's time is that of a client that has the SDK imported: building it, submission, its four steps in a row,
until the client knows that it has completed, for which it asks ten times a second (`jobs.stream` sleeps for at least a
second between two questions). Bare, the same scripts run one after the other. A deployment's time is that of
`begin_create_or_update(…).result()` on an endpoint that is there; bare, the same server is started with the same script
and model, and asked until it is healthy. All four take turns.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.pipeline import ROUNDS, STEPS, bare, tell

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

STEP = "print('nothing')\n"
SCORE = "def init():\n    pass\n\n\ndef run(data):\n    return data\n"
IMAGE = "mcr.microsoft.com/azureml/minimal-py311-inference:latest"
ENDPOINT, COMPUTE = "benchmark", "steps"
POLL_SECONDS = 0.1
Measured = dict[str, list[float]]


def measure(rounds: int = ROUNDS) -> Measured:
    """Seconds of each round, by kind. Raises CalledProcessError, or what the SDK raises, when something fails."""
    seconds: Measured = {}
    with tempfile.TemporaryDirectory() as folder, _client(Path(folder) / "state") as client:
        source = Path(folder) / "source"
        _prepare(client, source)
        pairs: dict[str, tuple[Callable[[], float], Callable[[], float]]] = {
            f"{STEPS} trivial steps": (lambda: _pipeline(client, source), lambda: bare(source / "steps")),
            "deployment": (lambda: _deployment(client, source), lambda: _server(source)),
        }
        for whole, _ in pairs.values():
            whole()  # the first of all starts the fork server, and uploads
        for _ in range(rounds):
            for kind, (whole, alone) in pairs.items():
                one, other = whole(), alone()
                seconds.setdefault(f"{kind}, SDK v2", []).append(one)
                seconds.setdefault(f"{kind}, bare", []).append(other)
                seconds.setdefault(f"{kind}, difference", []).append(one - other)
    return seconds


@contextmanager
def _client(state: Path) -> Iterator["MLClient"]:
    from azureml_emulator.command import daemon
    from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION

    os.environ |= daemon.start(state, outlives_us=False)["environment"]  # before anything imports the SDK
    warnings.simplefilter("ignore")
    try:
        from azure.ai.ml import MLClient
        from azure.identity import DefaultAzureCredential

        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):  # its progress
            yield MLClient(DefaultAzureCredential(), SUBSCRIPTION, RESOURCE_GROUP, NAME)
    finally:
        daemon.stop(state)


def _prepare(client: "MLClient", source: Path) -> None:
    from azure.ai.ml.entities import AmlCompute, ManagedOnlineEndpoint

    for name, files in {
        "steps": {f"step{number}.py": STEP for number in range(STEPS)},
        "scoring": {"score.py": SCORE},
        "model": {"weights.txt": "one"},
    }.items():
        (source / name).mkdir(parents=True)
        for file, text in files.items():
            (source / name / file).write_text(text)
    client.compute.begin_create_or_update(AmlCompute(name=COMPUTE, size="Standard_D2_v3", max_instances=1)).result()
    client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=ENDPOINT, auth_mode="key")).result()


def _pipeline(client: "MLClient", source: Path) -> float:
    from azure.ai.ml import Input, Output, command
    from azure.ai.ml.dsl import pipeline
    from azure.ai.ml.entities import Environment

    started = time.perf_counter()

    @pipeline(None, default_compute=COMPUTE)
    def steps() -> None:
        before = None
        for number in range(STEPS):
            after = command(
                name=f"step{number}",
                code=str(source / "steps"),
                command=f"python step{number}.py" + (" ${{inputs.before}}" if before else ""),
                environment=Environment(image=IMAGE),
                inputs={"before": Input(type="uri_folder")} if before else {},
                outputs={"after": Output(type="uri_folder")},
            )
            before = after(**({"before": before.outputs.after} if before else {}))

    built: Any = steps()
    built.settings.force_rerun = True
    job = client.jobs.create_or_update(built, experiment_name="benchmark")
    while job.status not in ("Completed", "Failed", "Canceled"):
        time.sleep(POLL_SECONDS)
        job = client.jobs.get(job.name)
    if job.status != "Completed":
        raise RuntimeError(f"the pipeline's job is {job.status}")
    return time.perf_counter() - started


def _deployment(client: "MLClient", source: Path) -> float:
    from azure.ai.ml.entities import CodeConfiguration, Environment, ManagedOnlineDeployment, Model

    deployment = ManagedOnlineDeployment(
        name="blue",
        endpoint_name=ENDPOINT,
        model=Model(path=str(source / "model")),
        environment=Environment(image=IMAGE),
        code_configuration=CodeConfiguration(code=str(source / "scoring"), scoring_script="score.py"),
        instance_type="Standard_DS3_v2",
        instance_count=1,
    )
    started = time.perf_counter()
    client.online_deployments.begin_create_or_update(deployment).result()
    seconds = time.perf_counter() - started
    client.online_deployments.begin_delete("blue", ENDPOINT).result()
    return seconds


def _server(source: Path) -> float:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("azmlinfsrv")),
        "--entry_script",
        str(source / "scoring" / "score.py"),
    ]
    command += ["--model_dir", str(source / "model"), "--port", str(port)]
    variables = os.environ | {"WORKER_COUNT": "1", "GUNICORN_CMD_ARGS": "--no-control-socket"}
    started = time.perf_counter()
    server = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _healthy(port):
            if server.poll() is not None:
                raise subprocess.CalledProcessError(server.returncode, command)
            time.sleep(POLL_SECONDS)
        return time.perf_counter() - started
    finally:
        server.terminate()
        server.wait()


def _healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


if __name__ == "__main__":
    tell(measure, __doc__)
