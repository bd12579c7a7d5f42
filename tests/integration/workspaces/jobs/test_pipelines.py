"""Pipelines: steps in the order of their data, with the values that they are given, started in either way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from config.errors import WorkspaceError
from tests.integration.workspaces.conftest import SCRIPTS, until
from workspaces.errors import RequestError
from workspaces.jobs.pipelines import Definition, Endpoint, Step
from workspaces.jobs.runs import SUCCEEDED

if TYPE_CHECKING:
    from workspaces.workspace import Workspace

EXPERIMENT = "contract-pipelines"
FIRST = Step("first", "echo.py", "first_written", parameters=("model", "sample_count", "reason"))
SECOND = Step("second", "echo.py", "second_written", inputs=("first_written",), parameters=("sample_count",))
THIRD = Step("third", "echo.py", "third_written", inputs=("first_written", "second_written"))
ONLY = Step("first", "echo.py", "first_written", parameters=("sample_count", "reason"))

Define = Callable[..., Definition]
Given = dict[str, dict[str, Any]]


def given(port: Workspace, run_id: str, folder: Path) -> Given:
    """What each step of a run, which is waited for, was given."""
    until(lambda: port.runs.has_ended(run_id), f"run {run_id} to end")
    assert port.runs.status(run_id) in SUCCEEDED
    found = {}
    for name, step in port.runs.steps(run_id).items():
        step.fetch("outputs/given.json", folder / run_id / name)
        found[name] = json.loads((folder / run_id / name).read_text())
    return found


@pytest.fixture(scope="module")
def submitted(port: Workspace, define: Define, tmp_path_factory: pytest.TempPathFactory) -> Given:
    """The steps of a run of three, which are listed in another order than that of their data."""
    definition = define(THIRD, SECOND, FIRST, model="latest", sample_count=0, reason="")
    run_id = port.pipelines.submit(definition, EXPERIMENT, {"sample_count": 7})
    return given(port, run_id, tmp_path_factory.mktemp("given"))


def test_arguments_are_the_inputs_the_output_and_the_parameters_in_this_order(submitted: Given) -> None:
    assert submitted["first"]["names"] == ["--first-written", "--model", "--sample-count", "--reason"]
    assert submitted["second"]["names"] == ["--first-written", "--second-written", "--sample-count"]
    assert submitted["third"]["names"] == ["--first-written", "--second-written", "--third-written"]


def test_parameters_have_the_values_of_the_run_or_else_their_own(submitted: Given) -> None:
    assert submitted["first"]["values"] == {"--model": "latest", "--sample-count": "7", "--reason": ""}
    assert submitted["second"]["values"] == {"--sample-count": "7"}


def test_an_input_holds_what_the_other_step_wrote(submitted: Given) -> None:
    assert submitted["first"]["read"] == {}
    assert submitted["second"]["read"] == {"--first-written": "by first"}
    assert submitted["third"]["read"] == {"--first-written": "by first", "--second-written": "by second"}


def test_every_step_has_the_variables_and_a_copy_of_the_source(submitted: Given) -> None:
    for step in submitted.values():
        assert step["variables"] == {"STEPS": "here", "BESIDE": "the environment's own"}
        assert step["scripts"] == sorted(path.name for path in SCRIPTS.glob("*.py"))
        assert step["folder"] != str(SCRIPTS)


@pytest.fixture
def publish(port: Workspace, define: Define) -> Callable[[str], str]:
    def published(version: str) -> str:
        definition = define(ONLY, sample_count=int(version), reason=f"of version {version}")
        return port.pipelines.publish(definition, "contract", "for a test", version)

    return published


def test_what_is_published_is_no_endpoints_until_it_is_made_its_default(
    port: Workspace, publish: Callable[[str], str], name: str
) -> None:
    first, second = publish("1"), publish("2")
    assert first != second
    assert port.pipelines.endpoint(name) is None

    made = port.pipelines.make_default(first, name, "for a test")
    assert (made.name, made.active) == (name, True)
    assert port.pipelines.endpoint(name) == made
    assert port.pipelines.default_of(name) == "1"
    assert port.pipelines.parameters_of(name) == {"sample_count", "reason"}

    changed = port.pipelines.make_default(second, name, "another description")
    assert changed == replace(made, default_version=changed.default_version)
    assert changed.default_version != made.default_version
    assert port.pipelines.endpoint(name) == changed
    assert port.pipelines.default_of(name) == "2"


def test_an_earlier_one_can_be_made_the_default_again(
    port: Workspace, publish: Callable[[str], str], name: str
) -> None:
    first, second = publish("1"), publish("2")
    for pipeline in (first, second, first, first):
        port.pipelines.make_default(pipeline, name, "for a test")
    assert port.pipelines.default_of(name) == "1"


def test_a_disabled_endpoint_starts_nothing_until_it_has_another_default(
    port: Workspace, publish: Callable[[str], str], name: str
) -> None:
    made = port.pipelines.make_default(publish("1"), name, "for a test")
    port.pipelines.disable(name)
    disabled = port.pipelines.endpoint(name)
    assert disabled == replace(made, status="Disabled")
    assert not disabled.active
    with pytest.raises(WorkspaceError, match=name):
        port.pipelines.submit_default(disabled, EXPERIMENT, {})

    enabled = port.pipelines.make_default(publish("2"), name, "for a test")
    assert enabled.active
    assert port.pipelines.endpoint(name) == enabled
    assert port.pipelines.default_of(name) == "2"


def test_an_endpoints_default_runs_with_the_values_of_the_run_and_anew_each_time(
    port: Workspace, publish: Callable[[str], str], name: str, tmp_path: Path
) -> None:
    port.pipelines.make_default(publish("1"), name, "for a test")
    endpoint = port.pipelines.make_default(publish("2"), name, "for a test")
    run_ids = [port.pipelines.submit_default(endpoint, EXPERIMENT, {"reason": "two words, ü"}) for _ in range(2)]
    first, second = (given(port, run_id, tmp_path)["first"] for run_id in run_ids)
    assert first["values"] == second["values"] == {"--sample-count": "2", "--reason": "two words, ü"}
    assert first["unlike any other run's"] != second["unlike any other run's"]


def test_what_is_not_there_is_an_error(port: Workspace, define: Define, name: str) -> None:
    missing = "00000000-0000-0000-0000-000000000000"
    definition = define(ONLY, sample_count=1, reason="")
    nowhere = replace(definition, compute="nowhere")
    gone = Endpoint(missing, name, "Active", "0", f"http://127.0.0.1:9/{missing}")
    with pytest.raises(RequestError):
        port.pipelines.submit(nowhere, EXPERIMENT, {})
    with pytest.raises(RequestError):
        port.pipelines.publish(nowhere, name, "for a test", "1")
    with pytest.raises(RequestError):
        port.pipelines.make_default(missing, name, "for a test")
    with pytest.raises(RequestError):
        port.pipelines.submit_default(gone, EXPERIMENT, {})
    with pytest.raises(WorkspaceError, match=name):
        port.pipelines.default_of(name)
    with pytest.raises(WorkspaceError, match=name):
        port.pipelines.parameters_of(name)
    with pytest.raises(WorkspaceError, match=name):
        port.pipelines.disable(name)
    assert port.pipelines.endpoint(name) is None
