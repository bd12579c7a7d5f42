"""The emulator as a process: verbs, one a folder, what survives it and what must not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from azureml_emulator.state.clock import Clock
from azureml_emulator.state.store import Store
from tests.integration.emulator.command.machine import Machine
from tests.integration.emulator.waiting import until

ECHO_SCORE = Path(__file__).parents[2] / "echo_score.py"
SERVE = """
from azureml.core.compute import AksCompute, ComputeTarget
from azureml.core.model import InferenceConfig
from azureml.core.webservice import AksWebservice
sizes = AksCompute.provisioning_configuration(vm_size="Standard_NC4as_T4_v3", agent_count=3)
cluster = ComputeTarget.create(ws, "gpu", sizes)
environment = Environment("echo")
environment.environment_variables = {"ECHO_GREETING": "hello"}
config = InferenceConfig("score.py", environment=environment, source_directory="scoring")
deployment = AksWebservice.deploy_configuration(
    num_replicas=1, autoscale_enabled=False, max_request_wait_time=20000, scoring_timeout_ms=20000
)
service = Model.deploy(ws, "echo", [Model.register(ws, "model", "echo")], config, deployment, cluster)
service.wait_for_deployment()
print(service.scoring_uri, service.get_keys()[0])
"""
UPDATE_IN_VAIN = """
from azureml.core.model import InferenceConfig
from azureml.core.webservice import AksWebservice
from azureml.exceptions import WebserviceException
service = AksWebservice(ws, "echo")
environment = Environment("broken")
service.update(inference_config=InferenceConfig("score.py", environment=environment, source_directory="scoring"))
try:
    service.wait_for_deployment()
except WebserviceException:
    service.update_deployment_state()
print(service.state)
"""
SUBMIT = """
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.pipeline.core import Pipeline
from azureml.pipeline.steps import PythonScriptStep
sizes = AmlCompute.provisioning_configuration(vm_size="Standard_D2_v3", max_nodes=2)
compute = ComputeTarget.create(ws, "steps", sizes)
config = RunConfiguration()
config.environment.python.user_managed_dependencies = True
step = PythonScriptStep("sleep.py", compute_target=compute, source_directory="steps", runconfig=config)
run = Experiment(ws, "sleeps").submit(Pipeline(ws, steps=[step]))
script = ScriptRunConfig("steps", "sleep.py", compute_target=compute, environment=config.environment)
print(run.id, Experiment(ws, "sleeps").submit(script).id)
"""
SCHEDULE = """
from datetime import datetime
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.pipeline.core import Pipeline, Schedule, ScheduleRecurrence
from azureml.pipeline.steps import PythonScriptStep
sizes = AmlCompute.provisioning_configuration(vm_size="Standard_D2_v3", max_nodes=1)
compute = ComputeTarget.create(ws, "steps", sizes)
config = RunConfiguration()
config.environment.python.user_managed_dependencies = True
step = PythonScriptStep("sleep.py", compute_target=compute, source_directory="steps", runconfig=config)
published = Pipeline(ws, steps=[step]).publish("hourly", description="d", version="1")
hourly = ScheduleRecurrence("Hour", 1, start_time=datetime.utcnow())
print(Schedule.create(ws, "hourly", published.id, "sleeps", hourly, wait_for_provisioning=True).id)
"""
RUNS = """
from azureml.pipeline.core import Schedule
import sys
print("runs:", *(run.get_status() for run in Schedule.get(ws, sys.argv[1]).get_pipeline_runs()))
"""
OUTCOME = """
from azureml.pipeline.core import PipelineRun
import sys
run = PipelineRun(Experiment(ws, "sleeps"), sys.argv[1])
(step,) = run.get_steps()
script = Run.get(ws, sys.argv[2])
print(run.get_status(), step.get_status(), script.get_status(), end=" ")
print(script.get_details()["error"]["error"]["message"], step.get_details()["error"]["error"]["message"], sep=": ")
"""
STRICT = """
from azureml.core.compute import AmlCompute, ComputeTarget
import time
sizes = AmlCompute.provisioning_configuration(vm_size="Standard_D2_v3", max_nodes=1)
compute = ComputeTarget.create(ws, "steps", sizes)
environment = Environment("train")
environment.python.conda_dependencies.add_pip_package("amlgpu-nothing-like-it")
config = ScriptRunConfig("steps", "sleep.py", compute_target=compute, environment=environment)
run = Experiment(ws, "strict").submit(config)
while run.get_status() not in ("Completed", "Failed", "Canceled"):
    time.sleep(0.1)
print(run.get_status(), run.get_details()["error"]["error"]["message"])
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    machine.emulator("down")


@pytest.fixture
def write(machine: Machine) -> Callable[..., None]:
    def file(path: str, content: str) -> None:
        target = machine.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)

    return file


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_verbs(machine: Machine) -> None:
    down = machine.emulator("status", "--json")
    assert (down.returncode, json.loads(down.stdout)) == (1, {"running": False, "state": str(machine.state)})
    not_yet = machine.emulator("env")
    assert (not_yet.returncode, not_yet.stderr[:30]) == (8, "error: no local workspace runs")
    assert "local workspace is up at http://127.0.0.1:" in machine.emulator("up").stdout
    pid = machine.address["pid"]
    assert "already runs" in machine.emulator("up").stdout
    assert json.loads(machine.emulator("status", "--json").stdout)["pid"] == pid
    for option in ("--enforce-capacity", "--share-gpus", "--http-1-0"):
        other = machine.emulator("up", option)
        assert (other.returncode, f"runs already, without {option}" in other.stderr) == (8, True)
    assert "export ARM_CLOUD_METADATA_URL=http://127.0.0.1:" in machine.emulator("env").stdout
    assert machine.emulator("env", "--start", "--json").stdout == machine.emulator("env", "--json").stdout
    second = machine.emulator("serve")
    assert second.returncode == 8
    assert f"in use by the local workspace of process {pid}" in second.stderr
    assert machine.emulator("down").stdout == "local workspace stopped\n"
    assert machine.emulator("down").stdout == "no local workspace was running\n"
    until(lambda: has_ended(pid), "the emulator to end", 5)


def test_two_starts_at_once(machine: Machine) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(machine.emulator, ["up", "up"])
    assert (first.returncode, second.returncode) == (0, 0)
    # The later may find it running already.
    assert first.stdout.partition(" at ")[2] == second.stdout.partition(" at ")[2] != ""


def test_damaged_state_is_named(machine: Machine) -> None:
    machine.emulator("up")
    machine.emulator("down")
    (machine.state / "secrets.json").write_text("not JSON")
    refused = machine.emulator("up")
    assert refused.returncode == 8
    assert f"the state in {machine.state} is damaged" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_database_that_cannot_be_read_now_is_not_called_damaged(machine: Machine) -> None:
    machine.emulator("up")
    machine.emulator("down")
    (machine.state / "keyvault.db").unlink()
    (machine.state / "keyvault.db").mkdir()
    refused = machine.emulator("up")
    assert refused.returncode == 8
    assert "cannot be used now, and is left as it is" in refused.stderr
    assert "damaged" not in refused.stderr
    assert "reset" not in refused.stderr


@pytest.mark.parametrize("file", ["server.pem", "bundle.pem"])
def test_a_broken_certificate_is_named_and_nothing_is_called_up(machine: Machine, file: str) -> None:
    machine.emulator("up")
    machine.emulator("down")
    (machine.state / "tls" / file).write_text("-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n")
    refused = machine.emulator("up")
    assert refused.returncode == 8
    assert f"the certificates in {machine.state / 'tls'} cannot be used" in refused.stderr
    assert "is up" not in refused.stdout
    shutil.rmtree(machine.state / "tls")
    assert machine.emulator("up").returncode == 0


def test_port_that_is_taken(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = machine.emulator("up", "--port", str(port))
    assert refused.returncode == 8
    assert f"port {port} cannot be used: Address already in use; choose another --port" in refused.stderr


def test_reset(machine: Machine) -> None:
    machine.emulator("up")
    before = machine.address["workspace_id"]
    assert machine.emulator("reset").returncode == 0
    assert not machine.state.exists()
    machine.emulator("up")
    assert machine.address["workspace_id"] != before


def test_reset_of_a_folder_that_is_not_its_own(machine: Machine, write: Callable[..., None]) -> None:
    write("state/lock", "of some other program")
    write("state/thesis.tex", "years of work")
    refused = machine.emulator("reset")
    assert refused.returncode == 8
    assert "is not the state folder of a local workspace: nothing was deleted" in refused.stderr
    assert (machine.state / "thesis.tex").read_text() == "years of work"


def test_secrets_are_the_owners(machine: Machine) -> None:
    machine.state.mkdir(mode=0o755)
    machine.emulator("up")
    for name in ("secrets.json", "address.json", "tls/server.pem", "workspace.db", "requests.log"):
        assert (machine.state / name).stat().st_mode & 0o077 == 0, name


def test_service_survives(machine: Machine, write: Callable[..., None]) -> None:
    """`down` and `up`, then `kill -9` and `up`: the same address, key and model answer again."""
    write("model/content.txt", "kept")
    write("scoring/score.py", ECHO_SCORE.read_text())
    machine.emulator("up")
    uri, key = machine.sdk(SERVE)

    def answer() -> dict[str, Any]:
        response = requests.post(uri, data=b"x", headers={"Authorization": f"Bearer {key}"}, timeout=30)
        assert response.status_code == 200, response.text
        return dict(response.json())

    first = answer()
    _kill_launcher_of(first["pid"])
    until(lambda: has_ended(first["pid"]), "the server to end with its launcher")
    second = until(lambda: answer()["pid"], "a new replica")
    _update_in_vain(machine, write)
    assert answer()["model"] == "kept"
    machine.emulator("down")
    assert has_ended(second)
    machine.emulator("up")
    assert answer()["model"] == "kept"
    children = psutil.Process(machine.address["pid"]).children(recursive=True)
    assert children
    os.kill(machine.address["pid"], signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
    machine.emulator("up", "--http-1-0")
    assert [answer()[key] for key in ("model", "protocol") for _ in range(2)] == ["kept"] * 2 + ["HTTP/1.0"] * 2
    _request_log_tells_no_secret(machine, key)


def _kill_launcher_of(worker: int) -> None:
    launcher = next(parent for parent in psutil.Process(worker).parents() if "--listen" in parent.cmdline())
    launcher.kill()


def _update_in_vain(machine: Machine, write: Callable[..., None]) -> None:
    """An update that fails leaves the old version running, and it is this that a restart brings back."""
    good = (machine.folder / "scoring" / "score.py").read_text()
    write("scoring/score.py", "def init():\n    raise RuntimeError\n\n\ndef run(data):\n    pass\n")
    assert machine.sdk(UPDATE_IN_VAIN) == ["Unhealthy"]
    write("scoring/score.py", good)


def _request_log_tells_no_secret(machine: Machine, key: str) -> None:
    log = (machine.state / "requests.log").read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert any("azureml-sdk-core" in line["user_agent"] for line in lines)
    assert {line["status"] for line in lines} <= {200, 201, 202, 206, 404}
    assert any(line["path"] == "/msi/***/token" for line in lines)
    secrets = json.loads((machine.state / "secrets.json").read_text())
    output = log + (machine.state / "emulator.log").read_text()
    for secret in (*secrets.values(), key, "Bearer", "sig=", "eyJ"):
        assert secret not in output


def test_run_that_was_going(machine: Machine, write: Callable[..., None]) -> None:
    write("steps/sleep.py", "import time; print('asleep', flush=True); time.sleep(600)")
    machine.emulator("up")
    runs = machine.sdk(SUBMIT)
    emulator = psutil.Process(machine.address["pid"])
    logs = machine.state.rglob
    until(lambda: sum("asleep" in log.read_text() for log in logs("*log.txt")) == 2, "both scripts to start")
    children = emulator.children(recursive=True)
    assert len(children) == 5  # what they are forked from, and a launcher and a script of each
    os.kill(emulator.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=15)
    assert not alive
    machine.emulator("up")
    *statuses, reasons = " ".join(machine.sdk(OUTCOME, *runs)).split(maxsplit=3)
    assert statuses == ["Failed"] * 3
    stopped = "the local workspace was stopped while this {} was going"
    assert reasons == ": ".join(stopped.format(kind) for kind in ("run", "step"))


def test_strict_environments(machine: Machine, write: Callable[..., None]) -> None:
    write("steps/sleep.py", "import time; time.sleep(600)")
    assert machine.emulator("up", "--environments", "strict").returncode == 0
    status, *reason = machine.sdk(STRICT)
    assert status == "Failed"
    assert "environment 'train' is not what this interpreter has" in " ".join(reason)
    assert "amlgpu-nothing-like-it (not installed)" in " ".join(reason)


def test_schedule_that_goes_on(machine: Machine, write: Callable[..., None]) -> None:
    """`kill -9` right after it fired, and times that pass while nothing runs: no time fires twice."""
    write("steps/sleep.py", "import time; time.sleep(600)")
    machine.emulator("up")
    (schedule,) = machine.sdk(SCHEDULE)

    def runs() -> list[str]:
        return machine.sdk(RUNS, schedule)[1:]

    assert runs() == []
    moved = machine.emulator("clock", "--advance", "1h").stdout
    os.kill(machine.address["pid"], signal.SIGKILL)
    machine.emulator("up")
    assert machine.emulator("clock").stdout >= moved
    assert runs() == ["Failed"]
    machine.emulator("clock", "--advance", "1h")
    assert len(runs()) == 2
    machine.emulator("down")
    _let_hours_pass(machine, 5)
    machine.emulator("up")
    assert len(runs()) == 2
    assert "was due while the local workspace was stopped: skipped" in (machine.state / "emulator.log").read_text()
    machine.emulator("clock", "--advance", "1h")
    assert len(runs()) == 3


def _let_hours_pass(machine: Machine, hours: int) -> None:
    """As if the workspace had been down for so long."""
    store = Store(machine.state / "workspace.db")
    clock = Clock(store)
    clock.move(clock.now() + timedelta(hours=hours))
    store.close()


def test_clock(machine: Machine) -> None:
    not_yet = machine.emulator("clock")
    assert (not_yet.returncode, not_yet.stderr[:30]) == (8, "error: no local workspace runs")
    machine.emulator("up")
    assert machine.emulator("clock", "--to", "2031-12-01T04:30").stdout.startswith("2031-12-01T04:30:")
    assert machine.emulator("clock", "--advance", "1d12h").stdout.startswith("2031-12-02T16:3")
    assert machine.emulator("clock").stdout.startswith("2031-12-02T16:3")
    for options, message in (
        (["--to", "2031-12-01T04:30"], "cannot be moved back to 2031-12-01T04:30:00"),
        (["--to", "Monday"], "the clock cannot be moved so (Invalid isoformat string: 'Monday')"),
        (["--advance", "2x"], "'2x' is not a duration"),
        (["--advance", ""], "'' is not a duration"),  # as where a shell's variable is not set
        (["--advance", "9" * 5000 + "d"], "is not a duration"),
        (["--to", ""], "the clock cannot be moved so (Invalid isoformat string: '')"),
        (["--advance", "2h", "--to", "2032-01-01"], "give one of them"),
    ):
        refused = machine.emulator("clock", *options)
        assert (refused.returncode, message in refused.stderr) == (8, True), refused.stderr
