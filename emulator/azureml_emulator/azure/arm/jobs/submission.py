"""Start a job from its definition: for who submits one, and for schedules and endpoints, which hold one."""

from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request

from azureml_emulator.azure.arm.jobs import commands, pipelines
from azureml_emulator.azure.arm.jobs.documents import job_resource
from azureml_emulator.azure.arm.jobs.refusals import refuse_kind
from azureml_emulator.azure.arm.jobs.shapes import CommandJob, JobProperties, PipelineJob
from azureml_emulator.azure.arm.resources import resource
from azureml_emulator.azure.assets.environments.routes import save_for_run
from azureml_emulator.azure.pipelines.runs.engine import Engine, engine_of
from azureml_emulator.azure.runs.commands.plan import plan
from azureml_emulator.azure.runs.data.delivery import RunData
from azureml_emulator.azure.runs.scriptruns.routes import script_runs_of
from azureml_emulator.azure.runs.scriptruns.runs import LOG, ScriptRuns
from azureml_emulator.errors import Conflict
from azureml_emulator.execution.interpreters.curated import environment_properties
from azureml_emulator.execution.job import Job
from azureml_emulator.server.requests.body import a_file_name
from azureml_emulator.server.requests.shapes import checked
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document

KIND = "job"
_EXPERIMENT = "Default"


class Hosts(NamedTuple):
    """What runs jobs."""

    workspace: LocalWorkspace
    engine: Engine
    script_runs: ScriptRuns


def hosts_of(request: Request) -> Hosts:
    return Hosts(workspace_of(request), engine_of(request), script_runs_of(request))


def check_job(workspace: LocalWorkspace, name: str, properties: Document) -> None:
    """Raises an ApiError that names what of a definition is wrong, missing, or not to be had here."""
    if _kind(properties) == "Command":
        commands.of_job(workspace, name, checked(CommandJob, properties, "properties"))
    else:
        pipelines.translate(workspace, checked(PipelineJob, properties, "properties"))


def submit_job(hosts: Hosts, name: str, properties: Document) -> Document:
    """The resource of a job that has been started. Raises as `check_job` does, and Conflict where the name is taken."""
    a_file_name(name, "the name of a job")
    workspace = hosts.workspace
    if workspace.store.find("run", name) or workspace.store.find("pipeline run", name):
        raise Conflict(f"job '{name}' exists: a job has a name of its own")
    kept = {key: value for key, value in properties.items() if value is not None}
    kept["experimentName"] = properties.get("experimentName") or _EXPERIMENT
    start = _start_command if _kind(properties) == "Command" else _start_pipeline
    start(hosts, name, kept)
    return job_resource(workspace, name)


def _kind(properties: Document) -> str:
    """Raises NotSupported for what is neither a command nor a pipeline."""
    kind = str(checked(JobProperties, properties, "properties")["jobType"])
    if kind not in ("Command", "Pipeline"):
        refuse_kind(kind, "jobs")
    return kind


def _start_command(hosts: Hosts, name: str, properties: Document) -> None:
    workspace, store = hosts.workspace, hosts.workspace.store
    definition = commands.of_job(workspace, name, checked(CommandJob, properties, "properties"))
    planned = plan(workspace, name, definition)
    script, *arguments = planned.script or [""]
    environment = definition["environment"]
    job = Job(
        run_id=name,
        experiment=properties["experimentName"],
        owner=name,
        snapshot_id="",
        script=script,
        arguments=arguments,
        command=planned.command,
        target=definition["target"],
        variables=planned.variables,
        log=LOG,
        environment=environment,
        data=RunData(workspace, name, planned.inputs, planned.outputs),
        source=Path(definition["code"]) if definition["code"] else None,
        max_seconds=definition["max_seconds"],
    )
    run_definition: Document = {"script": script or None, "arguments": arguments, "command": planned.command or None}
    run_definition |= {"target": job.target, "environmentVariables": definition["variables"]}
    with store.transaction():
        _keep(workspace, name, properties)
        hosts.script_runs.start(
            job,
            planned.outputs,
            displayName=properties.get("displayName"),
            description=properties.get("description"),
            tags=properties.get("tags"),
            hidden=properties.get("isArchived"),
            properties=definition["properties"]
            | {"_azureml.ComputeTargetType": "amlctrain"}
            | environment_properties(environment),
            runDefinition=run_definition | {"environment": save_for_run(store, environment)},
        )


def _start_pipeline(hosts: Hosts, name: str, properties: Document) -> None:
    workspace = hosts.workspace
    translated = pipelines.translate(workspace, checked(PipelineJob, properties, "properties"))
    with workspace.store.transaction():
        _keep(workspace, name, properties)
        pipelines.create(workspace, name, properties, translated)
        hosts.engine.submit(name)


def _keep(workspace: LocalWorkspace, name: str, properties: Document) -> None:
    workspace.store.put(KIND, name, resource(workspace, f"jobs/{name}", properties))
