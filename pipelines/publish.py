"""Publish the pipeline and make it what the PipelineEndpoint starts by default.

Studio's form, the schedule and `amlgpu submit` all start the endpoint's default, so one publication moves them all.
"""

from dataclasses import dataclass

from azureml.core import Workspace
from azureml.pipeline.core import PipelineEndpoint

from config.errors import WorkspaceError
from config.settings import Settings, config_hash
from pipelines.definition import build_pipeline, source_commit


@dataclass(frozen=True)
class Publication:
    """A published pipeline: its id, its version (``<commit>+<config hash>``), and where it stands on its endpoint."""

    endpoint: str
    endpoint_version: str
    pipeline_id: str
    version: str
    url: str


def publish(workspace: Workspace, settings: Settings) -> Publication:
    """Publish the pipeline of ``settings`` as the default of ``settings.pipeline.endpoint``, made when absent."""
    description = f"Release of {settings.model.name} to {settings.service.name}"
    version = f"{source_commit()}+{config_hash(settings)}"
    pipeline = build_pipeline(workspace, settings)
    published = pipeline.publish(name=settings.pipeline.name, description=description, version=version)
    endpoint = find_endpoint(workspace, settings.pipeline.endpoint)
    if endpoint is None:
        endpoint = PipelineEndpoint.publish(
            workspace, settings.pipeline.endpoint, f"Releases of {settings.model.name}", published
        )
    else:
        endpoint.add_default(published)
        if endpoint.status != "Active":
            endpoint.enable()
    return Publication(endpoint.name, endpoint.default_version, published.id, version, endpoint.endpoint)


def find_endpoint(workspace: Workspace, name: str) -> PipelineEndpoint | None:
    """The endpoint of that name, enabled or not, or None."""
    return next((found for found in PipelineEndpoint.list(workspace, active_only=False) if found.name == name), None)


def published_endpoint(workspace: Workspace, settings: Settings) -> PipelineEndpoint:
    """The enabled endpoint of the settings. Raises WorkspaceError when nothing is published there."""
    endpoint = find_endpoint(workspace, settings.pipeline.endpoint)
    if endpoint is None or endpoint.status != "Active":
        raise WorkspaceError(
            f"Nothing is published at the pipeline endpoint {settings.pipeline.endpoint} of {workspace.name}. "
            f"Publish with `amlgpu publish --target {settings.target}`."
        )
    return endpoint
