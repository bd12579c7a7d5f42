"""Published pipelines and pipeline endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace
    from azureml.pipeline.core import PipelineRun, PublishedPipeline, StepRun

Publish = Callable[..., "PublishedPipeline"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]


def test_submit_with_a_parameter(
    publish: Publish, workspace: Workspace, experiment: Experiment, finish: Finish
) -> None:
    published = publish("nightly")
    run = published.submit(workspace, experiment.name, pipeline_parameters={"n": 33})
    assert finish(run)["echo"].get_stdout_log() == "n = 33\n"
    assert run.get_status() == "Finished"


def test_submit_over_rest(
    publish: Publish, bearer: dict[str, str], workspace: Workspace, experiment: Experiment, finish: Finish
) -> None:
    from azureml.pipeline.core import PipelineRun

    url = publish("rest", default=5).endpoint
    assert requests.post(url, json={"ExperimentName": experiment.name}, timeout=10).status_code == 401
    assert requests.post(url, json={}, headers=bearer, timeout=10).json()["error"]["code"] == "BadArgument"
    answer = requests.post(url, json={"ExperimentName": experiment.name}, headers=bearer, timeout=10)
    assert answer.status_code == 200
    assert finish(PipelineRun(experiment, answer.json()["Id"]))["echo"].get_stdout_log() == "n = 5\n"


def test_list_and_disable(publish: Publish, workspace: Workspace) -> None:
    from azureml.pipeline.core import PublishedPipeline

    published = publish("short-lived")
    assert (PublishedPipeline.get(workspace, published.id).name, published.status) == ("short-lived", "Active")
    assert published.id in [one.id for one in PublishedPipeline.list(workspace)]
    published.disable()
    assert published.id not in [one.id for one in PublishedPipeline.list(workspace)]
    found = {one.id: one.status for one in PublishedPipeline.list(workspace, active_only=False)}
    assert found[published.id] == "Disabled"
    with pytest.raises(Exception, match="published pipeline 'short-lived' is disabled"):
        published.submit(workspace, "disabled")
    published.enable()
    assert PublishedPipeline.get(workspace, published.id).status == "Active"


def test_endpoint_runs_its_default(
    publish: Publish, workspace: Workspace, experiment: Experiment, finish: Finish
) -> None:
    from azureml.pipeline.core import PipelineEndpoint

    endpoint = PipelineEndpoint.publish(workspace, "release", description="d", pipeline=publish("first", default=1))
    assert endpoint.default_version == "0"
    endpoint.add_default(publish("second", default=2))
    found = PipelineEndpoint.get(workspace, name="release")
    assert (found.default_version, found.id) == ("1", endpoint.id)
    assert sorted(pipeline.name for pipeline in found.list_pipelines()) == ["first", "second"]
    newest = found.submit(experiment.name)
    oldest = found.submit(experiment.name, pipeline_version="0", pipeline_parameters={"n": 9})
    assert finish(newest)["echo"].get_stdout_log() == "n = 2\n"
    assert finish(oldest)["echo"].get_stdout_log() == "n = 9\n"


def test_endpoint_over_rest(
    publish: Publish, bearer: dict[str, str], workspace: Workspace, experiment: Experiment, finish: Finish
) -> None:
    from azureml.pipeline.core import PipelineEndpoint, PipelineRun

    endpoint = PipelineEndpoint.publish(workspace, "by-rest", description="d", pipeline=publish("only", default=4))
    answer = requests.post(endpoint.endpoint, json={"ExperimentName": experiment.name}, headers=bearer, timeout=10)
    assert finish(PipelineRun(experiment, answer.json()["Id"]))["echo"].get_stdout_log() == "n = 4\n"


def test_disabled_endpoint(publish: Publish, workspace: Workspace, bearer: dict[str, str]) -> None:
    from azureml.pipeline.core import PipelineEndpoint

    endpoint = PipelineEndpoint.publish(workspace, "retired", description="d", pipeline=publish("one"))
    endpoint.disable()
    assert "retired" not in [one.name for one in PipelineEndpoint.list(workspace)]
    assert "retired" in [one.name for one in PipelineEndpoint.list(workspace, active_only=False)]
    refused = requests.post(endpoint.endpoint, json={"ExperimentName": "disabled"}, headers=bearer, timeout=10)
    assert refused.status_code == 409
    assert "pipeline endpoint 'retired' is disabled" in refused.json()["error"]["message"]


def test_endpoint_of_a_taken_name(publish: Publish, workspace: Workspace) -> None:
    from azureml.pipeline.core import PipelineEndpoint

    pipeline = publish("one")
    PipelineEndpoint.publish(workspace, "taken", description="d", pipeline=pipeline)
    with pytest.raises(Exception, match="already exists with the given name"):
        PipelineEndpoint.publish(workspace, "taken", description="d", pipeline=pipeline)


def test_endpoint_over_rest_by_name(
    publish: Publish, bearer: dict[str, str], workspace: Workspace, experiment: Experiment
) -> None:
    from azureml.pipeline.core import PipelineEndpoint

    endpoint = PipelineEndpoint.publish(workspace, "by-name", description="d", pipeline=publish("first", default=1))
    endpoint.add_default(publish("second", default=2))
    base, body = endpoint.endpoint.rpartition("/Id/")[0] + "/Name", {"ExperimentName": experiment.name}

    def start(**query: str) -> requests.Response:
        return requests.post(base, params=query, json=body, headers=bearer, timeout=10)

    first, second = start(name="by-name", pipelineVersion="0").json(), start(name="by-name").json()
    assert [run["ParameterAssignments"] for run in (first, second)] == [{"n": "1"}, {"n": "2"}]
    for query, message in (({"name": "none"}, "'none' not found"), ({"name": "by-name", "pipelineVersion": "7"}, "7")):
        refused = start(**query)
        assert (refused.status_code, message in refused.json()["error"]["message"]) == (404, True)


def test_some_endpoints_only(publish: Publish, workspace: Workspace) -> None:
    from azureml.pipeline.core import PipelineEndpoint

    pipeline = publish("one")
    for name in ("many-1", "many-2"):
        PipelineEndpoint.publish(workspace, name, description="d", pipeline=pipeline)
    assert len(PipelineEndpoint.list(workspace, max_results=1)) == 1
    assert len(PipelineEndpoint.list(workspace)) > 1


def test_graph_of_a_published_pipeline(publish: Publish) -> None:
    graph = publish("looked-at", default=4).get_graph()
    assert [node.name for node in graph.nodes] == ["echo"]
    assert {name: parameter.default_value for name, parameter in graph.params.items()} == {"n": "4"}
