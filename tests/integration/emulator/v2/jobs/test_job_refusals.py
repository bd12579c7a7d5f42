"""What is wrong with a job is said when it is sent, by its place in the definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.kills.wire import SCOPE
from tests.integration.emulator.v2.jobs.jobs import Command
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

Rest = Callable[..., requests.Response]
ENVIRONMENT = "azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu:1"
JOB = {"jobType": "Command", "command": "echo x", "environmentId": ENVIRONMENT, "computeId": "v2-jobs"}

COMMANDS: dict[str, tuple[dict[str, Any], str]] = {
    "kind": ({"jobType": "Sweep"}, "jobs of the type Sweep: the local workspace runs commands and pipelines"),
    "no kind": ({"jobType": None}, "properties.jobType must be a text"),
    "no command": ({"command": 5}, "properties.command must be a text, not 5"),
    "compute": ({"computeId": "none-such"}, "compute 'none-such' not found"),
    "serverless": ({"computeId": None}, "serverless compute: name an AmlCompute"),
    "environment": ({"environmentId": "azureml:none-such:1"}, "none-such"),
    "code": ({"codeId": "azureml:none-such:1"}, "none-such"),
    "environment's id": (
        {"environmentId": f"{SCOPE}/environments/none-such/versions/1"},
        "'azureml:none-such:1' is not among the environments of this workspace",
    ),
    "experiment": ({"experimentName": "a/b"}, "properties.experimentName must be the name of a file or folder"),
    "services": ({"services": {"my_jupyter": {"jobServiceType": "Jupyter"}}}, "interactive services"),
    "shared memory": ({"resources": {"shmSize": "8g"}}, "shm_size, as the job has"),
    "docker": ({"resources": {"dockerArgs": "--ipc host"}}, "resources.dockerArgs"),
    "identity": ({"identity": {"identityType": "Other"}}, "the identity Other of a job"),
    "timeout": ({"limits": {"timeout": "soon"}}, "limits.timeout must be a duration as PT1H"),
    "truth": ({"limits": {"timeout": True}}, "limits.timeout must be a duration as PT1H"),
    "negative": ({"limits": {"timeout": "-PT1H"}}, "limits.timeout must be a duration as PT1H"),
    "input kind": ({"inputs": {"a": {"jobInputType": "triton"}}}, "inputs of the type triton (inputs.a)"),
    "input": ({"inputs": {"a": {"jobInputType": "uri_folder"}}}, "inputs.a lacks 'uri'"),
    "literal": ({"inputs": {"a": {"jobInputType": "literal"}}}, "inputs.a lacks 'value'"),
    "input elsewhere": (
        {"inputs": {"a": {"jobInputType": "uri_folder", "uri": "wasbs://a@b/c"}}},
        "is no address in the local workspace's storage",
    ),
    "input mode": (
        {"inputs": {"a": {"jobInputType": "mltable", "mode": "EvalMount", "uri": "azureml://datastores/x/paths/y"}}},
        "x",
    ),
    "output mode": ({"outputs": {"a": {"jobOutputType": "uri_folder", "mode": "Sideways"}}}, "the mode Sideways"),
    "registered": ({"outputs": {"a": {"jobOutputType": "uri_folder", "assetName": "x"}}}, "registers by itself"),
    "placeholder": ({"command": "echo ${{inputs.none}}"}, "command names '${{inputs.none}}'; there is nothing to name"),
    "variable": ({"environmentVariables": {"A": "${{outputs.o}}"}}, "the variable A (command) names '${{outputs.o}}'"),
}


@pytest.mark.parametrize("kind", COMMANDS)
def test_commands(rest: Rest, command: Command, kind: str) -> None:
    change, message = COMMANDS[kind]
    answer = rest("PUT", "", "/jobs/refused", json={"properties": JOB | change})
    assert answer.status_code in (400, 404), answer.text
    assert message in answer.json()["error"]["message"]
    assert rest("GET", "", "/jobs/refused").status_code == 404


WRITES = {"outputs": {"out": "${{parent.outputs.out}}"}}


def node(component: str = "azureml:refusals_pass:1", **more: Any) -> dict[str, Any]:
    return {"type": "command", "componentId": component, **more}


def literal(value: str) -> dict[str, str]:
    return {"type": "literal", "value": value}


def reads(other: str, output: str = "out") -> dict[str, Any]:
    return {"inputs": {"data": {"type": "literal", "value": f"${{{{parent.jobs.{other}.outputs.{output}}}}}"}}}


PIPELINES: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({}, "the pipeline has no jobs"),
    "kind": ({"a": node() | {"type": "sweep"}}, "nodes, as jobs.a, of the type sweep"),
    "no component": ({"a": node("")}, "jobs.a lacks 'componentId'"),
    "unknown component": ({"a": node("azureml:none-such:1")}, "none-such"),
    "unknown input": ({"a": node(inputs={"x": literal("1")})}, "jobs.a has no input 'x'; its component has data, say"),
    "missing input": ({"a": node()}, "jobs.a lacks a value for the input 'data'"),
    "unknown output": ({"a": node(outputs={"x": {}}) | reads("a")}, "jobs.a has no output 'x'"),
    "unknown node": ({"a": node(**reads("b"))}, "jobs.a.inputs.data names the node 'b'; there is a"),
    "unknown port": ({"a": node(**reads("a", "x"))}, "names the output 'x' of 'a'; it has out"),
    "unknown pipeline input": (
        {"a": node(inputs={"data": literal("${{parent.inputs.x}}")})},
        "names the pipeline's input 'x'; it has none",
    ),
    "unknown pipeline output": (
        {"a": node(outputs={"out": literal("${{parent.outputs.x}}")}) | reads("a")},
        "names the pipeline's output 'x'; it has none",
    ),
    "circle": (
        {"a": node(**reads("b")), "b": node(**reads("a"))},
        "these nodes wait for each other: a, b",
    ),
    "within itself": ({"a": node("azureml:refusals_endless:1") | {"type": "pipeline"}}, "more than 10 deep"),
    "nodes without end": ({"a": node("azureml:refusals_none_9:1")}, "the pipeline has more than 10000 nodes"),
    "outputs without end": (
        {"b": node(**reads("a")), "a": node("azureml:refusals_many_9:1")},
        "the pipeline has more than 10000 nodes",
    ),
    "retries": ({"a": node(retry_settings={"max_retries": 3}, **reads("a"))}, "retries of a node"),
    "instances": ({"a": node(resources={"instance_count": 2}, **reads("a"))}, "asks for 2 instances"),
    "text for an object": ({"a": node(inputs={"data": "x"})}, "jobs.a.inputs.data must be an object, not 'x'"),
    "no object": ({"a": node(inputs=[1])}, "jobs.a.inputs must be an object"),
}


def many(name: str, innermost: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Pipeline components of which each holds the one before ten times, and the first these nodes."""
    common = {"type": "pipeline", "outputs": {"out": {"type": "uri_folder"}}}
    found: dict[str, dict[str, Any]] = {f"{name}_0": common | {"jobs": innermost}}
    for number in range(1, 10):
        inner = {"type": "pipeline", "component": f"azureml:{name}_{number - 1}:1"} | WRITES
        found[f"{name}_{number}"] = common | {"jobs": {f"n{count}": inner for count in range(10)}}
    return found


@pytest.fixture(scope="module")
def components(command: Command, emulator: Emulator, bearer: dict[str, str]) -> None:
    passing: dict[str, Any] = {"type": "command", "command": "cat ${{inputs.data}}/x", "environment": ENVIRONMENT}
    passing |= {"inputs": {"data": {"type": "uri_folder"}, "say": {"type": "string", "default": "x"}}}
    passing |= {"outputs": {"out": {"type": "uri_folder"}}}
    endless: dict[str, Any] = {
        "type": "pipeline",
        "jobs": {"a": {"type": "pipeline", "component": "azureml:refusals_endless:1"}},
    }
    writer = {"type": "command", "component": "azureml:refusals_pass:1"} | WRITES
    nested = many("refusals_none", {}) | many("refusals_many", {"one": writer})
    for name, spec in {"refusals_pass": passing, "refusals_endless": endless, **nested}.items():
        sent = {"properties": {"componentSpec": {"name": name, "version": "1", **spec}}}
        url = f"{emulator.http}{emulator.scope}/components/{name}/versions/1"
        answer = requests.put(url, json=sent, headers=bearer, timeout=30)
        assert answer.ok, answer.text


@pytest.mark.parametrize("kind", PIPELINES)
def test_pipelines(rest: Rest, components: None, kind: str) -> None:
    nodes, message = PIPELINES[kind]
    sent = {"jobType": "Pipeline", "jobs": nodes, "settings": {"default_compute": "v2-jobs"}}
    answer = rest("PUT", "", "/jobs/refused", json={"properties": sent})
    assert answer.status_code == 400, answer.text
    assert message in answer.json()["error"]["message"]
    assert rest("GET", "", "/jobs/refused").status_code == 404


def test_jobs_are_not_deleted(client: MLClient) -> None:
    with pytest.raises(Exception, match="jobs stay in run history: archive it"):
        client.jobs.begin_delete("any").result()
