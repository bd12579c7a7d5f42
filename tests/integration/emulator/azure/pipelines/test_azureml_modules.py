"""Modules with versions, and how a ModuleStep finds the version that it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace
    from azureml.pipeline.core import Module, PipelineRun, StepRun

Publish = Callable[..., Any]


@pytest.fixture
def module(workspace: Workspace, request: pytest.FixtureRequest) -> Module:
    from azureml.pipeline.core import Module

    return Module.create(workspace, name=request.node.name, description="for a test")


@pytest.fixture
def publish(module: Module, tmp_path: Path) -> Publish:
    """Publishes a version of the module that prints its version and the parameter n."""

    def make(version: str, **options: Any) -> Any:
        folder = tmp_path / version
        folder.mkdir()
        (folder / "say.py").write_text(f"import os; print('version {version}, n =', os.environ['AML_PARAMETER_n'])")
        options = {"params": {"n": 1}, "source_directory": str(folder)} | options
        return module.publish_python_script("say.py", "d", inputs=[], outputs=[], version=version, **options)

    return make


def test_versions(workspace: Workspace, module: Module, publish: Publish) -> None:
    from azureml.pipeline.core import Module, ModuleVersion

    for version in ("1.2", "1.10", "0.9"):
        publish(version)
    found = Module.get(workspace, name=module.name)
    assert found.id == Module.get(workspace, module_id=module.id).id == module.id
    assert [entry.version for entry in Module.get_versions(workspace, module.name)] == ["1.2", "1.10", "0.9"]
    assert (found.get_default(), found.resolve().version) == (None, "1.10")
    found.set_default_version("0.9")
    assert Module.get(workspace, name=module.name).resolve().version == "0.9"
    newest = ModuleVersion.get(workspace, found.resolve("1.10").module_version_id)
    assert (newest.version, newest.module().id) == ("1.10", module.id)
    newest.disable()
    newest.set_description("retired")
    again = ModuleVersion.get(workspace, newest.module_version_id)
    assert (again.status, again.description) == ("Disabled", "retired")


def test_rename_and_disable(workspace: Workspace, module: Module) -> None:
    from azureml.pipeline.core import Module

    module.set_name("renamed")
    module.set_description("other words")
    module.disable()
    found = Module.get(workspace, name="renamed")
    assert (found.id, found.description, found.status) == (module.id, "other words", "Disabled")
    with pytest.raises(Exception, match="module 'test_rename_and_disable' not found"):
        Module.get(workspace, name="test_rename_and_disable")


def test_taken_name(workspace: Workspace, module: Module) -> None:
    from azureml.pipeline.core import Module

    with pytest.raises(Exception, match="module 'test_taken_name' exists: get it by its name"):
        Module.create(workspace, name=module.name, description="again")


def test_taken_version(module: Module, publish: Publish, rest: Callable[..., requests.Response]) -> None:
    """The SDK looks for itself; two clients at once may still come to this."""
    publish("1")
    body = {"AmlModuleId": module.id, "Version": "1", "Name": "again", "StructuredInterface": {}}
    refused = rest("POST", "/pipelines/v1.0", "/AzureMLModuleVersions", json=body)
    assert (refused.status_code, "has a version 1" in refused.text) == (409, True)


def test_run_and_save(
    module: Module,
    publish: Publish,
    workspace: Workspace,
    experiment: Experiment,
    compute: str,
    finish: Callable[[PipelineRun], dict[str, StepRun]],
    tmp_path: Path,
) -> None:
    """A pipeline of module steps can be saved as YAML, and read from it."""
    from azureml.core import RunConfiguration
    from azureml.pipeline.core import Pipeline, PipelineParameter
    from azureml.pipeline.steps import ModuleStep

    publish("1", is_default=True)
    publish("2")
    number = PipelineParameter("number", 5)
    options = {"inputs_map": {}, "outputs_map": {}, "compute_target": compute, "runconfig": RunConfiguration()}
    default = ModuleStep(module=module, name="default", params={"n": number}, **options)
    second = ModuleStep(module=module, version="2", name="second", **options)
    run = experiment.submit(Pipeline(workspace, steps=[default, second]), pipeline_parameters={"number": 7})
    steps = finish(run)
    # Above it stands what the environment declares and isn't there.
    logs = sorted(step.get_stdout_log().splitlines()[-1] for step in run.get_steps())
    assert (logs, len(steps)) == (["version 1, n = 7", "version 2, n = 1"], 1)  # both go by the module's name

    run.save(str(tmp_path / "saved.yml"))
    assert module.id in (tmp_path / "saved.yml").read_text()
