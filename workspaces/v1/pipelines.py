"""Pipelines of SDK v1: PythonScriptSteps, published pipelines and pipeline endpoints."""

from collections.abc import Mapping
from typing import TypeAlias

import requests
from azureml.core import Experiment, RunConfiguration, Workspace
from azureml.core.compute import ComputeTarget
from azureml.pipeline.core import Pipeline, PipelineData, PipelineEndpoint, PipelineParameter, PublishedPipeline
from msrest.exceptions import HttpOperationError

from config.errors import WorkspaceError
from workspaces.azure.errors import message_of, translates
from workspaces.jobs.pipelines import Definition, Endpoint, Parameter, Step
from workspaces.netrc import as_given
from workspaces.v1.connections import keep_connections
from workspaces.v1.environments import sdk_environment
from workspaces.v1.lean_sdk import without_automl

with without_automl():
    from azureml.pipeline.steps import PythonScriptStep

TIMEOUT_SECONDS = 60
MOST_ENDPOINTS = 10_000
"""Of a workspace, disabled ones too: by default the SDK leaves out what comes after the first 100. No page follows."""
NOT_THERE = (requests.codes.bad_request, requests.codes.not_found)
Argument: TypeAlias = str | PipelineParameter | PipelineData


@translates
class V1Pipelines:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        keep_connections()  # a pipeline is sent with its sources

    def submit(self, definition: Definition, experiment: str, parameters: Mapping[str, Parameter]) -> str:
        pipeline = build_pipeline(self._workspace, definition)
        run = Experiment(self._workspace, experiment).submit(pipeline, pipeline_parameters=dict(parameters))
        return str(run.id)

    def publish(self, definition: Definition, name: str, description: str, version: str) -> str:
        pipeline = build_pipeline(self._workspace, definition)
        return str(pipeline.publish(name=name, description=description, version=version).id)

    def make_default(self, pipeline_id: str, endpoint: str, description: str) -> Endpoint:
        published = PublishedPipeline.get(self._workspace, pipeline_id)
        found = self._find(endpoint)
        if found is None:
            return _value(PipelineEndpoint.publish(self._workspace, endpoint, description, published))
        known = any(version.pipeline_id == pipeline_id for version in found.pipeline_version_list)
        make_default = found.set_default if known else found.add_default  # which refuses one that it has
        make_default(published)
        if found.status != "Active":
            found.enable()
        return _value(found)

    def endpoint(self, name: str) -> Endpoint | None:
        found = self._find(name)
        return _value(found) if found else None

    def default_of(self, endpoint: str) -> str:
        return str(self._get(endpoint).get_pipeline().version)

    def parameters_of(self, endpoint: str) -> frozenset[str]:
        return frozenset(self._get(endpoint).get_pipeline().get_graph().params)

    def submit_default(self, endpoint: Endpoint, experiment: str, parameters: Mapping[str, Parameter]) -> str:
        answer = requests.post(
            endpoint.url,
            headers=self._workspace.service_context.get_auth().get_authentication_header(),
            auth=as_given,
            json={"ExperimentName": experiment, "RunSource": "amlgpu", "ParameterAssignments": dict(parameters)},
            timeout=TIMEOUT_SECONDS,
        )
        if not answer.ok:
            refusal = f"The pipeline endpoint {endpoint.name} refused the run ({answer.status_code})"
            raise requests.HTTPError(f"{refusal}: {message_of(answer)}", response=answer)
        return str(answer.json()["Id"])

    def disable(self, endpoint: str) -> None:
        self._get(endpoint).disable()

    def _find(self, name: str) -> PipelineEndpoint | None:
        try:
            return PipelineEndpoint.get(self._workspace, name=name)
        except HttpOperationError as error:
            if error.response is None or error.response.status_code not in NOT_THERE:
                raise
        # One that is disabled has been reported as not found by its name, while the name stayed taken:
        # https://github.com/Azure/MachineLearningNotebooks/issues/1521
        endpoints = PipelineEndpoint.list(self._workspace, active_only=False, max_results=MOST_ENDPOINTS)
        return next((found for found in endpoints if found.name == name), None)

    def _get(self, name: str) -> PipelineEndpoint:
        found = self._find(name)
        if found is None:
            raise WorkspaceError(f"there is no pipeline endpoint {name} any more")
        return found


def build_pipeline(workspace: Workspace, definition: Definition) -> Pipeline:
    """The SDK's pipeline for a definition; nothing is submitted or published yet."""
    parameters = {name: PipelineParameter(name, default) for name, default in definition.parameters.items()}
    datastore = workspace.get_default_datastore()
    outputs = [step.output for step in definition.steps]
    folders = {name: PipelineData(name, datastore=datastore, is_directory=True) for name in outputs}
    configuration, compute = run_configuration(definition), ComputeTarget(workspace, definition.compute)
    steps = [
        PythonScriptStep(
            script_name=step.script,
            name=step.name,
            arguments=_arguments(step, parameters, folders),
            inputs=[folders[name] for name in step.inputs],
            outputs=[folders[step.output]],
            compute_target=compute,
            runconfig=configuration,
            source_directory=str(definition.source),
            # A step reused from an earlier run would report a success that says nothing about today's service.
            allow_reuse=False,
        )
        for step in definition.steps
    ]
    return Pipeline(workspace, steps=steps)


def run_configuration(definition: Definition) -> RunConfiguration:
    """What every step runs in: the environment, and the definition's variables."""
    configuration = RunConfiguration()
    configuration.environment = sdk_environment(definition.environment)
    configuration.environment_variables = dict(definition.variables)
    return configuration


def _arguments(
    step: Step, parameters: Mapping[str, PipelineParameter], folders: Mapping[str, PipelineData]
) -> list[Argument]:
    values: dict[str, Argument] = {name: folders[name] for name in (*step.inputs, step.output)}
    values |= {name: parameters[name] for name in step.parameters}
    return [word for name, value in values.items() for word in (f"--{name.replace('_', '-')}", value)]


def _value(endpoint: PipelineEndpoint) -> Endpoint:
    return Endpoint(endpoint.id, endpoint.name, endpoint.status, endpoint.default_version, endpoint.endpoint)
