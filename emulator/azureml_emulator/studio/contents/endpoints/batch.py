"""Batch endpoints as the pages show them."""

from dataclasses import dataclass

from azureml_emulator.azure.arm.batch_endpoints.documents import DEPLOYMENT, ENDPOINT, view
from azureml_emulator.azure.arm.batch_endpoints.invocation import KIND
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio.contents.links import Fact, asset_fact, facts
from azureml_emulator.studio.contents.moments import shown
from azureml_emulator.studio.contents.runs import RunRow, row_of
from azureml_emulator.studio.contents.shapes import mapping, pairs
from azureml_emulator.wire import Document

_JOBS = 50


@dataclass(frozen=True)
class Deployment:
    name: str
    is_default: bool
    component: Fact
    settings: dict[str, str]
    description: str
    updated: str


@dataclass(frozen=True)
class BatchEndpoint:
    name: str
    description: str
    default: str
    scoring_uri: str
    updated: str
    deployments: list[Deployment]
    jobs: list[RunRow]
    """The last ones that it started, newest first."""
    tags: list[Fact]
    properties: list[Fact]


def batch_endpoints(workspace: LocalWorkspace) -> list[BatchEndpoint]:
    return [_endpoint(workspace, document) for document in workspace.store.all(ENDPOINT)]


def batch_endpoint(workspace: LocalWorkspace, name: str) -> BatchEndpoint:
    """Raises NotFound."""
    return _endpoint(workspace, workspace.store.get(ENDPOINT, name))


def _endpoint(workspace: LocalWorkspace, document: Document) -> BatchEndpoint:
    store, name, said = workspace.store, document["name"], view(workspace, document)["properties"]
    default = str(mapping(said["defaults"]).get("deploymentName") or "")
    below = f"/batchEndpoints/{name}/deployments/"
    deployments = [one for one in store.all(DEPLOYMENT, below) if below in one["id"]]
    started = [one["job"] for one in reversed(store.all(KIND, name)) if one["endpoint"] == name]
    return BatchEndpoint(
        name=name,
        description=str(said.get("description") or ""),
        default=default,
        scoring_uri=said["scoringUri"],
        updated=shown(document["systemData"]["lastModifiedAt"]),
        deployments=[_deployment(one, default) for one in deployments],
        jobs=[row_of(store, job) for job in started[:_JOBS]],
        tags=facts(store, document["tags"]),
        properties=facts(store, said.get("properties")),
    )


def _deployment(document: Document, default: str) -> Deployment:
    said = document["properties"]
    configuration = said["deploymentConfiguration"]
    return Deployment(
        name=document["name"],
        is_default=document["name"] == default,
        component=asset_fact("Component", configuration["componentId"]["assetId"]),
        settings=pairs(configuration["settings"]),
        description=str(said.get("description") or ""),
        updated=shown(document["systemData"]["lastModifiedAt"]),
    )
