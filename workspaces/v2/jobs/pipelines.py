"""Pipelines of SDK v2: pipeline jobs of command components, and batch endpoints that start a pipeline component."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, cast

import requests
import yaml
from azure.ai.ml import load_component, load_job
from azure.ai.ml.entities import BatchEndpoint, PipelineComponentBatchDeployment
from azure.core.exceptions import ResourceNotFoundError

from config.errors import WorkspaceError
from workspaces.azure.errors import message_of, translates
from workspaces.jobs.pipelines import Definition, Endpoint, Parameter
from workspaces.netrc import as_given
from workspaces.v2.connection import Connection, ml_scopes, part
from workspaces.v2.environments import V2Environments
from workspaces.v2.jobs.documents import Document, component, component_name, inputs, nodes, shell_text
from workspaces.v2.jobs.following import PUBLISHED, bring_up_to_date, component_of

TIMEOUT_SECONDS = 60
VERSION, COUNT, STATUS = "amlgpu_version", "amlgpu_default", "amlgpu_status"
"""Tags: the version that was published, of a component and of the endpoint that starts it; of an endpoint also how
many it has had, and whether it may be started."""
ACTIVE, DISABLED = "Active", "Disabled"


@translates
class V2Pipelines:
    def __init__(self, connection: Connection, environments: V2Environments) -> None:
        self._connection, self._environments = connection, environments

    def submit(self, definition: Definition, experiment: str, parameters: Mapping[str, Parameter]) -> str:
        given = {name: shell_text(value) for name, value in {**definition.parameters, **parameters}.items()}
        job = load_job(_source({"type": "pipeline", "inputs": given, "jobs": self._nodes(definition)}))
        job.experiment_name = experiment
        return str(self._connection.ml.jobs.create_or_update(job).name)

    def publish(self, definition: Definition, name: str, description: str, version: str) -> str:
        document = {
            "type": "pipeline",
            "name": component_name(name),
            "display_name": name,
            "version": f"{datetime.now(timezone.utc):%Y%m%d%H%M%S%f}",
            "description": description,
            "tags": {VERSION: version},
            "inputs": inputs(definition.parameters),
            "jobs": self._nodes(definition),
        }
        return str(self._connection.ml.components.create_or_update(load_component(_source(document))).id)

    def make_default(self, pipeline_id: str, endpoint: str, description: str) -> Endpoint:
        published_now = component_of(self._connection, pipeline_id)
        found = self._find(endpoint)
        if found is None:
            self._put(BatchEndpoint(name=endpoint, description=description, tags={}))
        before = dict(found.tags or {}) if found else {}
        deployment = f"v{published_now.version}"
        self._deploy(endpoint, deployment, pipeline_id)
        count = int(before.get(COUNT, "0")) + (before.get(PUBLISHED) != pipeline_id)
        published = str((published_now.tags or {}).get(VERSION, published_now.version))
        tags = {**before, VERSION: published, PUBLISHED: pipeline_id, COUNT: str(count), STATUS: ACTIVE}
        kept = found.description if found else description
        self._put(BatchEndpoint(name=endpoint, description=kept, tags=tags, default_deployment_name=deployment))
        bring_up_to_date(self._connection, endpoint, pipeline_id)
        return _value(self._get(endpoint))

    def endpoint(self, name: str) -> Endpoint | None:
        found = self._find(name)
        return _value(found) if found else None

    def default_of(self, endpoint: str) -> str:
        return str(self._tag(endpoint, VERSION))

    def parameters_of(self, endpoint: str) -> frozenset[str]:
        return frozenset(component_of(self._connection, self._tag(endpoint, PUBLISHED)).inputs)

    def submit_default(self, endpoint: Endpoint, experiment: str, parameters: Mapping[str, Parameter]) -> str:
        """https://learn.microsoft.com/rest/api/azureml/batch-endpoints: not by the SDK, whose headers one call leaves
        behind for the next, to whatever endpoint it goes."""
        given = {name: {"jobInputType": "Literal", "value": shell_text(value)} for name, value in parameters.items()}
        token = self._connection.credential.get_token(*ml_scopes()).token
        answer = requests.post(
            endpoint.url,
            headers={"Authorization": f"Bearer {token}"},
            auth=as_given,
            json={"properties": {"inputData": given, "properties": {"experimentName": experiment}}},
            timeout=TIMEOUT_SECONDS,
        )
        if not answer.ok:
            refusal = f"The batch endpoint {endpoint.name} refused the run ({answer.status_code})"
            raise requests.HTTPError(f"{refusal}: {message_of(answer)}", response=answer)
        return str(answer.json()["name"])

    def disable(self, endpoint: str) -> None:
        """Azure ML disables none: one without deployments can't be started."""
        found = self._get(endpoint)
        tags = {**(found.tags or {}), STATUS: DISABLED}
        self._put(BatchEndpoint(name=endpoint, description=found.description, tags=tags))
        for deployment in self._connection.ml.batch_deployments.list(endpoint):
            self._connection.ml.batch_deployments.begin_delete(deployment.name, endpoint).result()

    def _nodes(self, definition: Definition) -> dict[str, Document]:
        compute = definition.compute  # of a component nobody looks whether it is there
        self._connection.read(f"computes/{part(compute)}", f"Reading the compute {compute}")
        environment = self._environments.register(definition.environment)
        address = f"azureml:{environment.name}:{environment.version}"
        made = {
            step.name: self._connection.ml.components.create_or_update(
                load_component(_source(component(step, definition, address)))
            )
            for step in definition.steps
        }
        return nodes(definition, {name: f"azureml:{one.name}:{one.version}" for name, one in made.items()})

    def _deploy(self, endpoint: str, deployment: str, component: str) -> None:
        self._connection.ml.batch_deployments.begin_create_or_update(
            PipelineComponentBatchDeployment(
                name=deployment,
                endpoint_name=endpoint,
                component=component,
                settings=cast(Any, {"continue_on_step_failure": False}),
            )
        ).result()

    def _put(self, endpoint: BatchEndpoint) -> None:
        self._connection.ml.batch_endpoints.begin_create_or_update(endpoint).result()

    def _find(self, name: str) -> BatchEndpoint | None:
        try:
            found: BatchEndpoint = self._connection.ml.batch_endpoints.get(name)
        except ResourceNotFoundError:
            return None
        return found

    def _get(self, name: str) -> BatchEndpoint:
        found = self._find(name)
        if found is None:
            raise WorkspaceError(f"there is no batch endpoint {name} any more")
        return found

    def _tag(self, endpoint: str, tag: str) -> str:
        found = (self._get(endpoint).tags or {}).get(tag)
        if found is None:
            raise WorkspaceError(f"the batch endpoint {endpoint} has no tag {tag}: nothing was published there by this")
        return str(found)


def _source(document: Document) -> io.StringIO:
    return io.StringIO(yaml.safe_dump(document, sort_keys=False))


def _value(endpoint: BatchEndpoint) -> Endpoint:
    tags = endpoint.tags or {}
    status = str(tags.get(STATUS, ACTIVE))
    return Endpoint(str(endpoint.id), str(endpoint.name), status, str(tags.get(COUNT, "0")), str(endpoint.scoring_uri))
