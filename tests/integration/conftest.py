"""One local workspace for all integration tests, reached by the unmodified SDK over real HTTP."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from azureml_emulator.command import daemon
from azureml_emulator.state.disk.files import LOG
from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from azureml_emulator.testing.answers import VARIABLE
from tests.conformance.reporting import conformance_of
from tests.integration.emulator.waiting import Emulator, until
from tests.integration.quick_sdk import quicken

if TYPE_CHECKING:
    from azureml.core import Experiment, Model, Workspace
    from azureml.core.compute import AksCompute
    from azureml.core.model import InferenceConfig
    from azureml.pipeline.core import PipelineRun, PublishedPipeline, StepRun
    from azureml.pipeline.steps import PythonScriptStep

    from workspaces.v1.workspace import V1Workspace

ECHO = "import sys; print('n =', sys.argv[1])"


@pytest.fixture(scope="session")
def emulator(local_workspace_folder: Path, pytestconfig: pytest.Config) -> Iterator[Emulator]:
    """The local workspace that the SDK of this process was sent to before anything imported it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, "1")
        address = daemon.start(local_workspace_folder, enforce_capacity=True, share_gpus=True, outlives_us=False)
    assert address["environment"]["ARM_CLOUD_METADATA_URL"] == os.environ["ARM_CLOUD_METADATA_URL"]
    yield Emulator(local_workspace_folder, address)
    assert daemon.stop(local_workspace_folder)
    assert "Traceback" not in (log := (local_workspace_folder / LOG).read_text()), log
    conformance_of(pytestconfig).check(local_workspace_folder)


@pytest.fixture(scope="module")
def workspace(emulator: Emulator) -> Iterator[Workspace]:
    """The workspace as any SDK program opens it, with nothing but the variables of the emulator."""
    from azureml.core import Workspace

    quicken()
    with pytest.MonkeyPatch.context() as patch:
        for key, value in emulator.environment.items():
            patch.setenv(key, value)
        yield Workspace(SUBSCRIPTION, RESOURCE_GROUP, NAME)


@pytest.fixture(scope="module")
def port(workspace: Workspace) -> V1Workspace:
    """The same workspace, as steps and pipelines reach it."""
    from workspaces.v1.workspace import V1Workspace

    return V1Workspace(workspace)


@pytest.fixture
def experiment(workspace: Workspace, request: pytest.FixtureRequest) -> Experiment:
    """An experiment of the test's own."""
    from azureml.core import Experiment

    return Experiment(workspace, "".join(letter if letter.isalnum() else "-" for letter in request.node.name[:50]))


@pytest.fixture(scope="module")
def compute(workspace: Workspace) -> str:
    """Name of a compute target for steps."""
    from azureml.core.compute import AmlCompute, ComputeTarget

    configuration = AmlCompute.provisioning_configuration(vm_size="Standard_D2_v3", max_nodes=2)
    ComputeTarget.create(workspace, "steps", configuration).wait_for_completion(show_output=False)
    return "steps"


@pytest.fixture
def make_step(compute: str, tmp_path: Path) -> Callable[..., PythonScriptStep]:
    """A step that runs the given source: `make_step("train", "print('hello')", arguments=["--n", n])`."""
    from azureml.core import RunConfiguration
    from azureml.pipeline.steps import PythonScriptStep

    def make(name: str, source: str, **options: Any) -> PythonScriptStep:
        folder = tmp_path / "source"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(source)
        configuration = RunConfiguration()
        configuration.environment.python.user_managed_dependencies = True
        configuration.environment.environment_variables = {"STEP_VARIABLE": "of the environment", "PYTHONPATH": "lib"}
        configuration.environment_variables = {"PYTHONPATH": "."}
        options = {"compute_target": compute, "runconfig": configuration, "allow_reuse": False} | options
        return PythonScriptStep(f"{name}.py", name=name, source_directory=str(folder), **options)

    return make


@pytest.fixture
def submit(workspace: Workspace, experiment: Experiment) -> Callable[..., PipelineRun]:
    """Submits a pipeline of the given steps in the test's own experiment."""
    from azureml.pipeline.core import Pipeline

    def send(*steps: PythonScriptStep, **options: Any) -> PipelineRun:
        return experiment.submit(Pipeline(workspace, steps=list(steps)), **options)

    return send


@pytest.fixture
def publish(workspace: Workspace, make_step: Callable[..., PythonScriptStep]) -> Callable[..., PublishedPipeline]:
    """Publishes a pipeline of one step that prints its parameter n."""
    from azureml.pipeline.core import Pipeline, PipelineParameter

    def make(name: str, default: int = 1) -> PublishedPipeline:
        step = make_step("echo", ECHO, arguments=[PipelineParameter("n", default)])
        return Pipeline(workspace, steps=[step]).publish(name, description="for a test", version="1.0")

    return make


@pytest.fixture
def finish() -> Callable[[PipelineRun], dict[str, StepRun]]:
    """Waits for a pipeline run to end well or badly; answers its steps' runs by name."""

    def wait(run: PipelineRun) -> dict[str, StepRun]:
        until(lambda: run.get_status() in ("Finished", "Failed", "Canceled"), f"run {run.id} to end", 60)
        return {step.name: step for step in run.get_steps()}

    return wait


@pytest.fixture(scope="module")
def cluster(workspace: Workspace) -> AksCompute:
    """A cluster with four GPUs."""
    from azureml.core.compute import AksCompute, ComputeTarget

    configuration = AksCompute.provisioning_configuration(vm_size="Standard_NC4as_T4_v3", agent_count=4)
    created = ComputeTarget.create(workspace, "gpu-cluster", configuration)
    created.wait_for_completion(show_output=False)
    return created


@pytest.fixture(scope="module")
def scoring(tmp_path_factory: pytest.TempPathFactory) -> InferenceConfig:
    """A score.py that needs no TensorFlow and says what it saw; a model that holds "broken" fails its init()."""
    from azureml.core import Environment
    from azureml.core.model import InferenceConfig

    folder = tmp_path_factory.mktemp("scoring")
    shutil.copy(Path(__file__).with_name("echo_score.py"), folder / "score.py")
    environment = Environment("echo")
    environment.environment_variables = {"ECHO_GREETING": "hello"}
    return InferenceConfig("score.py", environment=environment, source_directory=str(folder))


@pytest.fixture(scope="module")
def model(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Model]:
    """Registers a model version with the given content."""
    from azureml.core import Model

    def register(content: str) -> Model:
        folder = tmp_path_factory.mktemp("content")
        (folder / "model").mkdir()
        (folder / "model" / "content.txt").write_text(content)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            return Model.register(workspace, "model", "echo")

    return register
