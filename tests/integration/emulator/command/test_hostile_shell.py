"""The redirect wins, whatever the shell holds: proxies, credentials and addresses of Azure, passwords of ~/.netrc."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from azureml_emulator.state.workspace import SUBSCRIPTION
from tests.hostile import CREDENTIALS, hostile_variables, recording_proxy, write_netrc
from tests.integration.emulator.command.machine import OPEN, Machine

STEP = """
import json, os
from azureml.core import Run
from azure.identity import DefaultAzureCredential
run = Run.get_context()
assert run.experiment.workspace.name == "local"
run.log("signed_in", len(DefaultAzureCredential().get_token("https://management.azure.com/.default").token))
os.makedirs("outputs", exist_ok=True)
json.dump(dict(os.environ), open("outputs/variables.json", "w"))
"""
SCORE = """
import os
import requests
from azureml.contrib.services.aml_request import rawhttp
from azureml.contrib.services.aml_response import AMLResponse


def init():
    pass


@rawhttp
def run(request):
    home = requests.get("http://127.0.0.1:" + os.environ["BESIDE"] + "/health", timeout=10).json()
    answer = {"asked": home["workspace"], "variables": dict(os.environ)}
    return AMLResponse(answer, 200, json_str=True)
"""
PROGRAM = (
    OPEN
    + """
import json, sys, os, tempfile
from azure.identity import DefaultAzureCredential
from azureml.core.compute import AksCompute, AmlCompute, ComputeTarget
from azureml.core.model import InferenceConfig
from azureml.core.webservice import AksWebservice

told = {"signed in": len(DefaultAzureCredential().get_token("https://management.azure.com/.default").token)}
ws.get_default_datastore().upload_files(["model/content.txt"], target_path="data", show_progress=False)
identity = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/steps"
sizes = AmlCompute.provisioning_configuration(
    vm_size="Standard_D2_v3", max_nodes=1, identity_type="UserAssigned", identity_id=[identity]
)
ComputeTarget.create(ws, "steps", sizes)
config = RunConfiguration()
config.target = "steps"
config.environment.python.user_managed_dependencies = True
run = Experiment(ws, "hostile").submit(ScriptRunConfig("steps", "step.py", run_config=config))
run.wait_for_completion()
told["logged"] = run.get_metrics()["signed_in"]
run.download_file("outputs/variables.json", "variables.json")
told["run"] = json.load(open("variables.json"))
sizes = AksCompute.provisioning_configuration(vm_size="Standard_NC4as_T4_v3", agent_count=3)
cluster = ComputeTarget.create(ws, "gpu", sizes)
environment = Environment("echo")
environment.environment_variables = {"BESIDE": ws.service_context._get_run_history_url().rpartition(":")[2]}
config = InferenceConfig("score.py", environment=environment, source_directory="scoring")
deployment = AksWebservice.deploy_configuration(num_replicas=1, autoscale_enabled=False)
service = Model.deploy(ws, "echo", [Model.register(ws, "model", "echo")], config, deployment, cluster)
service.wait_for_deployment()
told["service"], told["workspace"] = service.run("{}"), ws._workspace_id
print(json.dumps(told))
"""
)


@pytest.fixture(scope="module")
def proxy() -> Iterator[tuple[str, list[str]]]:
    with recording_proxy() as (address, seen):
        yield address, seen


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, proxy: tuple[str, list[str]]) -> Iterator[Machine]:
    """Its workspace was started in the hostile shell."""
    machine = Machine(tmp_path_factory.mktemp("hostile"))
    machine.environment |= hostile_variables(proxy[0])
    write_netrc(machine.folder / "home")
    for folder in ("model", "scoring", "steps"):
        (machine.folder / folder).mkdir()
    (machine.folder / "model" / "content.txt").write_text("weights")
    (machine.folder / "scoring" / "score.py").write_text(SCORE)
    (machine.folder / "steps" / "step.py").write_text(STEP)
    assert (up := machine.emulator("up")).returncode == 0, up.stderr
    yield machine
    machine.emulator("down")


def in_shell(machine: Machine, program: str, without: str = "") -> subprocess.CompletedProcess[str]:
    """Runs a program in a shell that evaluated what `env` prints, as the README says."""
    emulator = f"{sys.executable} -m azureml_emulator env --state {machine.state}"
    script = f'{without}\neval "$({emulator})" && exec {sys.executable} -W ignore -c "$PROGRAM"'
    environment = machine.environment | {"PROGRAM": program}
    command = ["sh", "-c", script]
    return subprocess.run(
        command, cwd=machine.folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_sdk_reaches_the_workspace_and_nothing_else(machine: Machine, proxy: tuple[str, list[str]]) -> None:
    ended = in_shell(machine, PROGRAM)
    assert ended.returncode == 0, f"{ended.stderr}\n{proxy[1]}"
    told: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    assert told["signed in"] == told["logged"] > 100
    assert told["service"]["asked"] == told["workspace"]
    assert UUID(told["run"]["DEFAULT_IDENTITY_CLIENT_ID"]).version == 5
    for variables in (told["run"], told["service"]["variables"]):
        assert not set(CREDENTIALS.values()) & set(variables.values())
        assert not {"AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "IDENTITY_ENDPOINT", "OBO_ENDPOINT"} & variables.keys()
    assert proxy[1] == []


AS_PUBLIC = """
from azureml.core import Workspace
from azureml.core.authentication import MsiAuthentication
auth = MsiAuthentication(cloud="AzureCloud")
print(Workspace.get("local", auth=auth, subscription_id="{subscription}", resource_group="local").name)
"""


def test_the_public_cloud_by_name_is_the_workspace(machine: Machine, proxy: tuple[str, list[str]]) -> None:
    """The SDK asks management.azure.com about a cloud that isn't in its list."""
    ended = in_shell(machine, AS_PUBLIC.format(subscription=SUBSCRIPTION))
    assert (ended.stdout, proxy[1]) == ("local\n", []), ended.stderr


def test_a_service_principal_is_offered_to_nobody(machine: Machine, proxy: tuple[str, list[str]]) -> None:
    """Its library asks login.microsoftonline.com about every sign-in address that it doesn't know."""
    ended = in_shell(
        machine, "from azureml.core.authentication import *\nServicePrincipalAuthentication('t', 'i', 's').get_token()"
    )
    assert (ended.returncode, proxy[1]) == (1, []), ended.stderr
    assert "https://127.0.0.1:" in ended.stderr.splitlines()[-1]


def test_the_sdk_can_be_imported_while_the_workspace_is_down(machine: Machine, proxy: tuple[str, list[str]]) -> None:
    variables = json.loads(machine.emulator("env", "--json").stdout)
    machine.emulator("down")
    try:
        program = [sys.executable, "-W", "ignore", "-c", f"import azureml.core; print('there', flush=True)\n{OPEN}"]
        ended = subprocess.run(
            program, env=machine.environment | variables, capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        machine.emulator("up")
    assert (ended.returncode, ended.stdout.partition("\n")[0], proxy[1]) == (1, "there", [])
    assert "login.microsoftonline.com" not in ended.stderr


def test_without_a_home_and_beside_hosts_that_the_proxy_is_not_asked_for(machine: Machine) -> None:
    ended = in_shell(
        machine,
        OPEN + "import os; print(ws.name, os.environ['NO_PROXY'])",
        "unset HOME; export NO_PROXY=intranet,.example",
    )
    assert ended.stdout == "local intranet,.example,127.0.0.1,localhost\n", ended.stderr


def test_variables_that_lead_elsewhere_are_unset_or_empty(machine: Machine) -> None:
    lines = machine.emulator("env").stdout.splitlines()
    variables = json.loads(machine.emulator("env", "--json").stdout)
    unset = [line.removeprefix("unset ") for line in lines if line.startswith("unset ")]
    assert {"AZURE_CLIENT_ID", "AZURE_TOKEN_CREDENTIALS", "AZUREML_DEV_URL_HISTORY", "MSI_SECRET"} <= set(unset)
    assert [name for name, value in variables.items() if value == ""] == unset
