"""Publish the pipeline and make it what the pipeline endpoint starts by default.

Studio's form, the schedule and `amlgpu submit` all start the endpoint's default, so one publication moves them all.
"""

from dataclasses import dataclass

from config.errors import WorkspaceError
from config.settings import Settings, config_hash
from pipelines.definition import define_pipeline
from pipelines.source.checkout import source_commit
from workspaces.jobs.pipelines import Endpoint
from workspaces.workspace import Workspace


class NotPublished(WorkspaceError):
    """Nothing is published at the endpoint of the settings."""


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
    names, version = settings.pipeline, f"{source_commit().name}+{config_hash(settings)}"
    description = f"Release of {settings.model.name} to {settings.service.name}"
    definition = define_pipeline(workspace, settings)
    pipeline_id = workspace.pipelines.publish(definition, names.name, description, version)
    releases = f"Releases of {settings.model.name}"
    endpoint = workspace.pipelines.make_default(pipeline_id, names.endpoint, releases)
    return Publication(endpoint.name, endpoint.default_version, pipeline_id, version, endpoint.url)


def published_endpoint(workspace: Workspace, settings: Settings) -> Endpoint:
    """The enabled endpoint of the settings. Raises NotPublished where there is none."""
    endpoint = workspace.pipelines.endpoint(settings.pipeline.endpoint)
    if endpoint is None or not endpoint.active:
        raise NotPublished(
            f"Nothing is published at the pipeline endpoint {settings.pipeline.endpoint} of {workspace.name}. "
            f"Publish with `amlgpu publish {settings.options}`."
        )
    return endpoint
