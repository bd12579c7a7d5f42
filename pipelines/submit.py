"""Start the published pipeline over plain REST, as studio's submit form and any other HTTP client do."""

from collections.abc import Mapping

import requests
from azureml.core import Experiment, Workspace
from azureml.pipeline.core import PipelineRun

from config.errors import WorkspaceError
from config.settings import Settings
from pipelines.parameters import Parameter
from pipelines.publish import published_endpoint

TIMEOUT_SECONDS = 60


def submit_published(workspace: Workspace, settings: Settings, assignments: Mapping[str, Parameter]) -> PipelineRun:
    """Start the default of the endpoint with ``assignments`` in place of the published parameter values."""
    endpoint = published_endpoint(workspace, settings)
    answer = requests.post(
        endpoint.endpoint,
        headers=workspace.service_context.get_auth().get_authentication_header(),
        json={
            "ExperimentName": settings.pipeline.name,
            "RunSource": "amlgpu",
            "ParameterAssignments": dict(assignments),
        },
        timeout=TIMEOUT_SECONDS,
    )
    if not answer.ok:
        raise WorkspaceError(
            f"The pipeline endpoint {endpoint.name} refused the run ({answer.status_code}): {_message(answer)}"
        )
    return PipelineRun(Experiment(workspace, settings.pipeline.name), answer.json()["Id"])


def _message(answer: requests.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, LookupError, TypeError):
        return answer.text[:500]
