"""Steps beside plain Python scripts: commands, limits, parallel branches, and kinds that are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.pipeline.core import PipelineRun, StepRun

Step = Callable[..., Any]
Submit = Callable[..., "PipelineRun"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]
# Two of these end only when both run at the same time.
MEET = """
import pathlib, sys, time
folder, own, other = pathlib.Path(sys.argv[1]), *sys.argv[2:]
(folder / own).touch()
end = time.monotonic() + 20
while not (folder / other).exists():
    assert time.monotonic() < end, "the other one did not come"
    time.sleep(0.01)
"""
ALONE = """
import pathlib, sys, time
lock = pathlib.Path(sys.argv[1], "busy")
lock.touch(exist_ok=False)
time.sleep(0.3)
lock.unlink()
"""


@pytest.fixture
def cluster(workspace: Workspace) -> Callable[[str, int], str]:
    def make(name: str, max_nodes: int) -> str:
        from azureml.core.compute import AmlCompute, ComputeTarget

        configuration = AmlCompute.provisioning_configuration(vm_size="Standard_D2_v3", max_nodes=max_nodes)
        ComputeTarget.create(workspace, name, configuration).wait_for_completion(show_output=False)
        return name

    return make


def test_branches_at_once(make_step: Step, submit: Submit, finish: Finish, tmp_path: Path) -> None:
    branches = [make_step(a, MEET, arguments=[str(tmp_path), a, b]) for a, b in (("left", "right"), ("right", "left"))]
    assert {step.get_status() for step in finish(submit(*branches)).values()} == {"Finished"}


def test_one_node(
    make_step: Step, submit: Submit, finish: Finish, tmp_path: Path, cluster: Callable[[str, int], str]
) -> None:
    """A second step waits, of another run too."""
    name = cluster("one-node", 1)
    steps = [make_step(f"alone{n}", ALONE, arguments=[str(tmp_path)], compute_target=name) for n in range(2)]
    runs = [submit(*steps), submit(*steps)]
    found = [step.get_status() for run in runs for step in finish(run).values()]
    assert found == ["Finished"] * 4


def test_cancel_of_a_step_that_waits_for_a_node(
    make_step: Step, submit: Submit, finish: Finish, cluster: Callable[[str, int], str]
) -> None:
    name = cluster("busy", 1)
    busy = submit(make_step("busy", "import time; time.sleep(600)", compute_target=name))
    waiting = submit(make_step("waiting", "print()", compute_target=name))
    waiting.cancel()
    steps = finish(waiting)
    assert (waiting.get_status(), steps["waiting"].get_status()) == ("Canceled", "Canceled")
    assert busy.get_status() == "Running"
    busy.cancel()
    finish(busy)


def test_command(workspace: Workspace, compute: str, submit: Submit, finish: Finish, tmp_path: Path) -> None:
    from azureml.core import RunConfiguration
    from azureml.pipeline.core import PipelineData, PipelineParameter
    from azureml.pipeline.steps import CommandStep

    (tmp_path / "say.py").write_text("import sys; print(sys.argv[1:])")
    configuration = RunConfiguration()
    configuration.environment.python.user_managed_dependencies = True
    data = PipelineData("data", is_directory=True)
    step = CommandStep(
        command=["python say.py --text", PipelineParameter("text", "a b"), "--out", data, "&&", "echo", "$HOME"],
        name="says",
        outputs=[data],
        source_directory=str(tmp_path),
        compute_target=compute,
        runconfig=configuration,
    )
    steps = finish(submit(step))
    said = str(steps["says"].get_stdout_log()).splitlines()
    assert steps["says"].get_status() == "Finished", said
    assert said[0].startswith("['--text', 'a b', '--out', '/")
    assert said[1].startswith("/")


def test_parameters_as_variables(make_step: Step, submit: Submit, finish: Finish) -> None:
    step = make_step("params", "import os; print(os.environ['AML_PARAMETER_rate'])", params={"rate": 0.5})
    assert str(finish(submit(step))["params"].get_stdout_log()) == "0.5\n"


def test_takes_too_long(make_step: Step, submit: Submit, finish: Finish) -> None:
    from azureml.core import RunConfiguration

    configuration = RunConfiguration()
    configuration.environment.python.user_managed_dependencies = True
    configuration.max_run_duration_seconds = 1
    run = submit(make_step("slow", "import time; time.sleep(600)", runconfig=configuration))
    step = finish(run)["slow"]
    assert (run.get_status(), step.get_status()) == ("Failed", "Canceled")
    assert "longer than its max_run_duration_seconds, 1" in step.get_details()["error"]["error"]["message"]


def test_two_nodes_for_a_step(make_step: Step, submit: Submit) -> None:
    from azureml.core import RunConfiguration

    configuration = RunConfiguration()
    configuration.node_count = 2
    with pytest.raises(Exception, match="asks for 2 nodes"):
        submit(make_step("distributed", "print()", runconfig=configuration))


@pytest.mark.parametrize("kind", ["HyperDriveStep", "DataTransferStep", "DatabricksStep"])
def test_kinds_that_are_refused(rest: Callable[..., Any], kind: str) -> None:
    """As the SDK sends them: by the kind of execution."""
    execution = kind.removesuffix("Step") + "Cloud"
    module = {"Name": "m", "StepType": kind, "ModuleExecutionType": execution, "StructuredInterface": {}}
    refused = rest("POST", "/pipelines/v1.0", "/Modules", json=module)
    assert refused.status_code == 400
    assert f"steps of the kind {kind}" in refused.json()["error"]["message"]


def test_a_type_of_module_that_is_refused(rest: Callable[..., Any]) -> None:
    module = {"Name": "m", "ModuleExecutionType": "escloud", "ModuleType": "Other", "StructuredInterface": {}}
    assert rest("POST", "/pipelines/v1.0", "/Modules", json=module).status_code == 400
