"""A pipeline as SDK v2's document: what a step is given is what its scripts read, whatever a shell makes of it."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from workspaces.environments import Environment
from workspaces.jobs.pipelines import Definition, Step
from workspaces.opening import SDK_VARIABLE
from workspaces.v2.jobs.documents import command, component, component_name, inputs, nodes, shell_text, variables

FIRST = Step("first", "first.py", "candidate", parameters=("model", "force_reason"))
SECOND = Step("second", "steps/second.py", "verdict", inputs=("candidate",), parameters=("model",))
DEFINITION = Definition(
    (SECOND, FIRST),
    {"model": "latest", "force_reason": "-", "sample_count": 3},
    "gpu",
    Environment("scoring", "FROM x\n", "{}", {"OF": "the environment", "BOTH": "the environment"}),
    {"BOTH": "the definition"},
    Path("/source"),
)
COMPONENTS = {"first": "azureml:first:1", "second": "azureml:second:1"}


@pytest.mark.parametrize(
    "value", ["latest", "", "two words", "it's 'quoted'", '"$(touch planted)`x`\\', "ü", "*", "a\nb", "'", "-"]
)
def test_a_value_arrives_as_it_was_given_through_a_shell(value: str, tmp_path: Path) -> None:
    """Azure ML puts it into the command as it is."""
    (tmp_path / "first.py").write_text("import sys; print(repr(sys.argv[1:]))")
    line = command(FIRST).replace("${{outputs.candidate}}", "out").replace("${{inputs.model}}", "m")
    line = line.replace("${{inputs.force_reason}}", shell_text(value))
    done = subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == repr(["--candidate", "out", "--model", "m", "--force-reason", value])
    assert shell_text(value)  # SDK v2 sends no empty one
    assert not (tmp_path / "planted").exists()


def test_steps_take_folders_of_each_other_and_parameters_of_the_pipeline() -> None:
    found = nodes(DEFINITION, COMPONENTS)
    assert found["second"]["inputs"] == {
        "candidate": "${{parent.jobs.first.outputs.candidate}}",
        "model": "${{parent.inputs.model}}",
    }
    assert component(SECOND, DEFINITION, "azureml:scoring:1")["command"] == (
        "python steps/second.py --candidate ${{inputs.candidate}} --verdict ${{outputs.verdict}} "
        "--model '${{inputs.model}}'"
    )
    assert found["first"]["compute"] == "azureml:gpu"
    assert found["first"]["component"] == COMPONENTS["first"]


def test_a_steps_component_has_its_name_and_another_version_with_other_code(tmp_path: Path) -> None:
    (tmp_path / "first.py").write_text("1")
    definition = replace(DEFINITION, source=tmp_path)
    one, same = (component(FIRST, definition, "azureml:scoring:1") for _ in range(2))
    (tmp_path / "first.py").write_text("2")
    other = component(FIRST, definition, "azureml:scoring:1")
    assert one == same
    assert (one["name"], one["is_deterministic"]) == ("first", False)
    assert one["version"] != other["version"]


def test_every_step_has_the_environments_variables_and_its_sdk() -> None:
    of_steps = [one["environment_variables"] for one in nodes(DEFINITION, COMPONENTS).values()]
    assert of_steps == [{"OF": "the environment", "BOTH": "the definition", SDK_VARIABLE: "v2"}] * 2
    assert variables(replace(DEFINITION, variables={SDK_VARIABLE: "v1"}))[SDK_VARIABLE] == "v2"


def test_parameters_are_texts_with_their_defaults() -> None:
    assert inputs(DEFINITION.parameters)["sample_count"] == {"type": "string", "default": "3"}


@pytest.mark.parametrize(
    ("name", "component"), [("gpu-release", "gpu_release"), ("Digits.v2", "digits_v2"), ("2-b", "p2_b")]
)
def test_a_component_has_a_name_that_the_sdk_takes(name: str, component: str) -> None:
    assert component_name(name) == component
