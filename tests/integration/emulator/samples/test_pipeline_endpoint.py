"""aml-pipelines-setup-versioned-pipeline-endpoints.ipynb: one endpoint, several published pipelines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.core.compute import AmlCompute
    from azureml.pipeline.core import PipelineEndpoint


def test_versioned_endpoint(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    from azureml.core import Experiment
    from azureml.pipeline.core import Pipeline, PipelineEndpoint
    from azureml.pipeline.steps import PythonScriptStep

    notebook("publish_run_train/train.py", "print('trained')")
    step = PythonScriptStep(
        name="Training_Step", script_name="train.py", compute_target="cpu-cluster", source_directory="publish_run_train"
    )
    pipeline = Pipeline(workspace=ws, steps=[step])
    published = pipeline.publish(name="11-24-Pipeline", description="11-24-Pipeline")
    PipelineEndpoint.publish(workspace=ws, name="EndpointTest", pipeline=pipeline, description="Test description")

    endpoint = PipelineEndpoint.get(workspace=ws, name="EndpointTest")
    assert PipelineEndpoint.get(workspace=ws, id=endpoint.id).name == "EndpointTest"
    assert "EndpointTest" in [one.name for one in PipelineEndpoint.get_all(workspace=ws, active_only=True)]
    assert endpoint.get_default_version() == "0"
    endpoint.set_default_version("0")
    first = endpoint.get_pipeline("0")
    assert endpoint.get_pipeline().id == first.id
    endpoint.add(published)
    endpoint.set_default(published)
    assert [(one.version, one.pipeline.id) for one in endpoint.get_all_versions()] == [
        ("0", first.id),
        ("1", published.id),
    ]
    assert {one.id for one in endpoint.get_all_pipelines(active_only=True)} == {first.id, published.id}
    endpoint.set_name(name="NewName")
    endpoint = PipelineEndpoint.get(workspace=ws, name="NewName")
    assert endpoint.get_default_version() == "1"
    assert start_over_rest(endpoint)

    by_version = endpoint.submit("NewName", pipeline_version="0")
    by_default = endpoint.submit("NewName")
    by_experiment = Experiment(ws, name="submit_from_endpoint").submit(
        endpoint, tags={"endpoint_tag": "1"}, pipeline_version="0"
    )
    assert by_experiment.get_tags()["endpoint_tag"] == "1"
    for run in (by_version, by_default, by_experiment):
        assert run.wait_for_completion(show_output=False) == "Finished"


def start_over_rest(endpoint: PipelineEndpoint) -> list[str]:
    """Ids of the runs that the endpoint's addresses start: by id and by name, with and without a version."""
    from azureml.core.authentication import InteractiveLoginAuthentication

    token = InteractiveLoginAuthentication().get_authentication_header()
    by_id = endpoint.endpoint
    by_name = by_id.split("Id", 1)[0] + "Name?name=" + endpoint.name
    started = []
    for address in (by_id, by_id + "/0", by_name, by_name + "&pipelineVersion=0"):
        body = {"ExperimentName": "default_pipeline", "RunSource": "SDK"}
        answer = requests.post(address, headers=token, json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        started.append(answer.json()["Id"])
    return started
