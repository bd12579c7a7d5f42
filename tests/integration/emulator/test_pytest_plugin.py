"""The pytest plugin as a project that uses it has it: in a pytest process of its own, with the real SDK."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import psutil
import pytest

from azureml_emulator.state.disk.files import ADDRESS
from tests.hostile import hostile_variables, recording_proxy, write_netrc
from tests.integration.emulator.waiting import until

ISOLATION = '''
import os
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psutil
import pytest
import requests
from azureml.core import Environment, Experiment, Model, RunConfiguration, Webservice
from azureml.core.compute import AksCompute, AmlCompute, ComputeTarget
from azureml.core.model import InferenceConfig
from azureml.core.webservice import AksWebservice
from azureml._restclient.models.model_error_response import ModelErrorResponseException
from azureml.pipeline.core import Pipeline, PipelineRun, Schedule, ScheduleRecurrence
from azureml.pipeline.steps import PythonScriptStep

SEEN = {}


@pytest.fixture
def going(aml_workspace):
    """A step that goes on, from a source folder that is the same in each test."""
    configuration = AmlCompute.provisioning_configuration(vm_size="Standard_D2_v3", max_nodes=1)
    ComputeTarget.create(aml_workspace, "steps", configuration)
    run_configuration = RunConfiguration()
    run_configuration.environment.python.user_managed_dependencies = True
    step = PythonScriptStep(
        "sleep.py", compute_target="steps", source_directory="steps", runconfig=run_configuration, allow_reuse=False
    )
    run = Experiment(aml_workspace, "sleeps").submit(Pipeline(aml_workspace, steps=[step]))
    while "asleep" not in (list(run.get_steps())[0].get_stdout_log() if list(run.get_steps()) else ""):
        time.sleep(0.05)
    return run


def sleepers():
    """The processes of steps: a forked one has another command line than its script's."""
    runs = str(Path(os.environ["AZURE_CONFIG_DIR"]).parent / "runs")
    return [process for process in psutil.process_iter(["cwd"]) if (process.info["cwd"] or "").startswith(runs)]


def test_fills_it(aml_workspace, aml_faults, aml_clock, going):
    model = Model.register(aml_workspace, "model.txt", "digits")
    assert model.version == 1
    sizes = AksCompute.provisioning_configuration(vm_size="Standard_NC4as_T4_v3", agent_count=3)
    cluster = ComputeTarget.create(aml_workspace, "gpu", sizes)
    assert "localWorkspaceGpus" not in (cluster.tags or {})  # its GPUs are counted, as pytest's configuration says
    deployment = AksWebservice.deploy_configuration(num_replicas=1, autoscale_enabled=False)
    config = InferenceConfig("score.py", environment=Environment("e"), source_directory="scoring")
    service = Model.deploy(aml_workspace, "echo", [model], config, deployment, cluster)
    service.wait_for_deployment()
    headers = {"Authorization": f"Bearer {service.get_keys()[0]}"}
    SEEN.update(id=aml_workspace._workspace_id, uri=service.scoring_uri, headers=headers, run=going.id)
    assert requests.post(service.scoring_uri, data="{}", headers=headers, timeout=30).status_code == 200
    assert aml_clock(timedelta(days=7)) > datetime.now(timezone.utc) + timedelta(days=6)
    aml_faults("GET /modelmanagement/v1.0/models", status=409, times=None)
    with pytest.raises(ModelErrorResponseException, match="a fault that was asked for"):
        Model.list(aml_workspace)
    assert sleepers()


def test_finds_it_empty(aml_workspace, aml_clock):
    assert aml_workspace._workspace_id != SEEN["id"]
    assert Model.list(aml_workspace) == Webservice.list(aml_workspace) == []
    assert aml_workspace.compute_targets == aml_workspace.experiments == {}
    assert not sleepers()
    assert requests.post(SEEN["uri"], data="{}", headers=SEEN["headers"], timeout=30).status_code == 404
    assert aml_clock(timedelta(seconds=1)) < datetime.now(timezone.utc) + timedelta(days=1)
    assert Model.register(aml_workspace, "model.txt", "digits").version == 1


def test_knows_no_snapshot_of_another(aml_workspace, going):
    """The SDK remembers what it uploaded by the workspace's id."""
    assert going.id != SEEN["run"]


@pytest.mark.parametrize("number", range(5))
def test_is_quick(number, request):
    started = time.perf_counter()
    request.getfixturevalue("aml_workspace")
    print(f"a fresh workspace in {time.perf_counter() - started:.3f} s")
'''
SDK_V2 = """
import os
import sys
from datetime import datetime, timedelta, timezone

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import AmlCompute
from azure.core.exceptions import ResourceExistsError
from azureml.core.compute import ComputeTarget

SEEN = {}


def test_has_a_client(ml_client, aml_workspace):
    assert isinstance(ml_client, MLClient)
    SEEN["id"] = ml_client.workspaces.get().id, aml_workspace._workspace_id
    ml_client.compute.begin_create_or_update(AmlCompute(name="made", size="Standard_D2_v3")).result()
    assert ComputeTarget(aml_workspace, "made").vm_size == "Standard_D2_v3"


def test_has_an_empty_workspace(ml_client, aml_workspace):
    assert aml_workspace._workspace_id != SEEN["id"][1]
    assert list(ml_client.compute.list()) == []


def test_has_faults(ml_client, aml_faults):
    aml_faults("GET /arm", status=409)
    with pytest.raises(ResourceExistsError, match="a fault that was asked for"):
        ml_client.workspaces.get()
    assert ml_client.workspaces.get().name == "local"
    aml_faults("PUT /arm/onlineEndpoints/{endpoint}/deployments/{deployment}", fail_later="no nodes")
    with pytest.raises(Exception, match="only a deployment or its update can fail later"):
        aml_faults("GET /arm", fail_later="no nodes")


def test_has_a_clock(ml_client, aml_clock):
    assert aml_clock(timedelta(days=7)) > datetime.now(timezone.utc) + timedelta(days=6)


def test_imports_are_as_they_were():
    assert not [finder for finder in sys.meta_path if "azureml_emulator" in type(finder).__module__]
"""
OFF = """
import os, sys
import pytest

def test_nothing_happens():
    allowed = {"azureml_emulator", "azureml_emulator.pytest_plugin"}
    assert not [name for name in sys.modules if name.startswith("azureml") and name not in allowed]
    assert "MSI_ENDPOINT" not in os.environ

def test_asks_all_the_same(aml_workspace):
    pass
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder. pytest's own fixture for it, pytester, empties sys.modules at its end: a thread that imports
    something at that moment gets another _io, whose exceptions nobody catches."""
    for name in ("MSI_ENDPOINT", "ARM_CLOUD_METADATA_URL", "AZURE_CONFIG_DIR", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    (temporary := tmp_path / "temporary").mkdir()  # other runs of tests leave folders in the machine's
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("HOME", str(tmp_path))
    for path, source in (
        ("model.txt", "weights"),
        ("steps/sleep.py", "import time\nprint('asleep', flush=True)\ntime.sleep(600)\n"),
        ("scoring/score.py", "def init():\n    pass\n\n\ndef run(data):\n    return data\n"),
    ):
        (file := tmp_path / path).parent.mkdir(exist_ok=True)
        file.write_text(source)
    return tmp_path


def run(project: Path, tests: str, *options: str, ini: str = "") -> pytest.RunResult:
    (project / "pytest.ini").write_text(f"[pytest]\n{ini}")
    (project / "test_it.py").write_text(tests)
    is_installed = any(entry.value == "azureml_emulator.pytest_plugin" for entry in entry_points(group="pytest11"))
    plugin = [] if is_installed else ["-p", "azureml_emulator.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugin, *options]
    ended = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=False)
    print(ended.stdout, ended.stderr)
    return pytest.RunResult(ended.returncode, ended.stdout.splitlines(), ended.stderr.splitlines(), duration=0)


def test_each_test_has_a_workspace_of_its_own(project: Path) -> None:
    options = "aml_workspace = true\naml_enforce_capacity = true\naml_share_gpus = true\n"
    run(project, ISOLATION, "-s", ini=options).assert_outcomes(passed=8)
    assert not _left_behind(project)


def test_sdk_v2_is_imported_at_the_top_of_a_module(project: Path) -> None:
    run(project, SDK_V2, "--aml-workspace").assert_outcomes(passed=5)
    assert not _left_behind(project)


def test_a_module_that_imports_sdk_v2_is_only_collected(project: Path) -> None:
    result = run(project, SDK_V2, "--aml-workspace", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["test_it.py::test_has_a_client"])
    assert not _left_behind(project)
    commands = [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]
    assert not [command for command in commands if str(project) in command]


HOSTILE = """
import os

from azure.identity import DefaultAzureCredential
from azureml.core import Model


def test_reaches_it(aml_workspace):
    assert DefaultAzureCredential().get_token("https://management.azure.com/.default").token
    assert Model.register(aml_workspace, "model.txt", "digits").version == 1
"""


def test_it_wins_over_what_the_shell_holds(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_netrc(project)
    with recording_proxy() as (proxy, seen):
        for name, value in hostile_variables(proxy).items():
            monkeypatch.setenv(name, value)
        run(project, HOSTILE, "--aml-workspace").assert_outcomes(passed=1)
    assert seen == []


def test_the_workspace_ends_with_a_pytest_that_is_killed(project: Path) -> None:
    dies = "import os\n\n\ndef test_dies(aml_workspace):\n    os.kill(os.getpid(), 9)\n"
    assert run(project, dies, "--aml-workspace").ret == -9
    (left,) = _left_behind(project)
    try:
        pid = json.loads((left / ADDRESS).read_text())["pid"]
        until(lambda: not psutil.pid_exists(pid), "the workspace's process to end")
    finally:
        shutil.rmtree(left)


def _left_behind(project: Path) -> list[Path]:
    """State folders that no pytest process removed."""
    return list((project / "temporary").glob("aml-workspace-*"))


def test_it_does_nothing_until_it_is_asked(project: Path) -> None:
    result = run(project, OFF)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*the fixture aml_workspace is off: set `aml_workspace = true`*"])


def test_it_is_too_late(project: Path) -> None:
    (project / "early.py").write_text("import azureml.core")
    result = run(project, "", "-p", "early", "--aml-workspace")
    result.stderr.fnmatch_lines(["*azureml.core was imported before*"])
    assert not _left_behind(project)
