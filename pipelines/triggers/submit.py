"""Start the published pipeline over plain REST, as studio's submit form and any other HTTP client do."""

from collections.abc import Mapping

from config.settings import Settings
from pipelines.triggers.publish import published_endpoint
from workspaces.jobs.pipelines import Parameter
from workspaces.workspace import Workspace


def submit_published(workspace: Workspace, settings: Settings, assignments: Mapping[str, Parameter]) -> str:
    """Start the default of the endpoint with ``assignments`` in place of the published values; the id of the run."""
    endpoint = published_endpoint(workspace, settings)
    return workspace.pipelines.submit_default(endpoint, settings.pipeline.name, assignments)
