"""Real replicas and runs on a machine whose nvidia-smi lists two GPUs: each says what it sees."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from azureml_emulator.command.client import ask
from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.emulator.command.machine import Machine

ECHO_SCORE = Path(__file__).parents[2] / "echo_score.py"
SERVICES = (
    f"/modelmanagement/v1.0/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{NAME}/services"
)
SMI = """#!/bin/sh
echo 'GPU 0: Tesla T4 (UUID: GPU-11aa)'
echo 'GPU 1: Tesla T4 (UUID: GPU-22bb)'
"""
DEPLOY = """
import sys, requests
from azureml.core.compute import AksCompute, ComputeTarget
from azureml.core.model import InferenceConfig
from azureml.core.webservice import AksWebservice
from azureml.exceptions import WebserviceException
sizes = AksCompute.provisioning_configuration(vm_size="Standard_NC4as_T4_v3", agent_count=3)
cluster = ComputeTarget.create(ws, "cluster", sizes)
environment = Environment("echo")
environment.environment_variables = {"ECHO_GREETING": "hello"}
config = InferenceConfig("score.py", environment=environment, source_directory="scoring")
model = Model.register(ws, "model", "echo")
answers = []
for asked in sys.argv[1:]:
    name, gpus = asked.split(":")
    deployed = [service for service in AksWebservice.list(ws) if service.name == name]
    deployment = AksWebservice.deploy_configuration(
        num_replicas=1, autoscale_enabled=False, gpu_cores=int(gpus) or None, max_request_wait_time=20000
    )
    if deployed:
        (service,) = deployed
        service.update(inference_config=config, models=[model])
    else:
        service = Model.deploy(ws, name, [model], config, deployment, cluster)
    try:
        service.wait_for_deployment()
        headers = {"Authorization": "Bearer " + service.get_keys()[0]}
        answers.append(requests.post(service.scoring_uri, data=b"x", headers=headers).json()["gpus"])
    except WebserviceException as error:
        answers.append(error.message)
print(__import__("json").dumps(answers))
"""
RUN = """
from azureml.core.compute import AmlCompute, ComputeTarget
environment, seen = Environment("seen"), []
environment.python.user_managed_dependencies = True
for name, size in (("four", "Standard_NC64as_T4_v3"), ("none", "Standard_D2_v3")):
    sizes = AmlCompute.provisioning_configuration(vm_size=size, max_nodes=1)
    compute = ComputeTarget.create(ws, name, sizes)
    config = ScriptRunConfig("steps", "seen.py", compute_target=compute, environment=environment)
    run = Experiment(ws, "seen").submit(config)
    run.wait_for_completion()
    seen.append(run.get_metrics()["seen"] or "none")
print(*seen)
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    tool = tmp_path / "bin" / "nvidia-smi"
    tool.parent.mkdir()
    tool.write_text(SMI)
    tool.chmod(0o755)
    machine.environment["PATH"] = f"{tool.parent}:{machine.environment['PATH']}"
    (tmp_path / "scoring").mkdir()
    shutil.copy(ECHO_SCORE, tmp_path / "scoring" / "score.py")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "content.txt").write_text("one")
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / "seen.py").write_text(
        "import os\nfrom azureml.core import Run\n"
        "Run.get_context().log('seen', os.environ.get('CUDA_VISIBLE_DEVICES'))\n"
    )
    yield machine
    machine.emulator("down")


def deploy(machine: Machine, *services: str) -> list[str]:
    answers: list[str] = json.loads(" ".join(machine.sdk(DEPLOY, *services)))
    return answers


def said(machine: Machine, service: str) -> str:
    """What the service's properties say of its GPUs."""
    note: str = ask(machine.state, "GET", f"{SERVICES}/{service}")["properties"]["localWorkspaceGpu"]
    return note


def test_each_replica_has_a_gpu_of_its_own(machine: Machine) -> None:
    machine.emulator("up")
    first, second, third, plain, update = deploy(machine, "first:1", "second:1", "third:1", "plain:0", "first:1")
    assert (first, second, plain) == ("0", "1", "")
    assert "asks for 1 a replica, 0 of this machine's 2 are free: " in third
    assert "of service 'first' has GPU 0 (Tesla T4)" in third
    assert "--share-gpus" in third
    assert "an update needs one more while it lasts" in update
    assert "has GPU 0 (Tesla T4)" in said(machine, "first")  # as it was

    assert "--share-gpus" in ask(machine.state, "GET", f"{SERVICES}/third/logs")["content"]

    ask(machine.state, "DELETE", f"{SERVICES}/first")
    ask(machine.state, "DELETE", f"{SERVICES}/third")
    assert deploy(machine, "fourth:1") == ["0"]

    os.kill(machine.address["pid"], signal.SIGKILL)
    machine.emulator("up")
    notes = [said(machine, name).partition(" has ")[2] for name in ("second", "fourth")]
    assert sorted(notes) == ["GPU 0 (Tesla T4)", "GPU 1 (Tesla T4)"]


def test_they_are_shared_where_that_is_asked_for(machine: Machine) -> None:
    machine.environment["CUDA_VISIBLE_DEVICES"] = "GPU-22bb"  # of this one alone
    machine.emulator("up", "--share-gpus")
    assert deploy(machine, "first:1", "second:1") == ["GPU-22bb", "GPU-22bb"]
    assert "has GPU GPU-22bb (Tesla T4), shared with replica-1 of service 'first'" in said(machine, "second")
    assert "asks for 2 a replica, this machine has 1" in deploy(machine, "third:2")[0]

    assert machine.sdk(RUN) == ["GPU-22bb", "none"]
    logs = [log.read_text() for log in (machine.state / "blobs").rglob("*user_logs/std_log.txt")]
    shared = "has GPU GPU-22bb (Tesla T4), shared with replica-1 of service 'first', replica-2 of service 'second', "
    assert any(f"{shared}instead of the 4 of Standard_NC64as_T4_v3" in log for log in logs)
