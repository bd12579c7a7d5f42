"""What survives `down` and `kill -9`, and what must not."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import requests

from azureml_emulator.state.clock import Clock
from azureml_emulator.state.store import Store
from tests.integration.emulator.command.machine import Machine, has_ended
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
    _server, launcher, *_ = psutil.Process(worker).parents()
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
