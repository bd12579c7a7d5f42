"""What the pages' forms do. Each returns the id of the run in question."""

from collections.abc import Mapping

from azureml_emulator.azure.arm.jobs.submission import KIND as JOB
from azureml_emulator.azure.arm.jobs.submission import Hosts, submit_job
from azureml_emulator.azure.pipelines.endpoints import startable_pipeline
from azureml_emulator.azure.pipelines.graphs.assignments import merged
from azureml_emulator.azure.pipelines.graphs.documents import create_pipeline_run
from azureml_emulator.azure.pipelines.published import submit_published
from azureml_emulator.azure.pipelines.runs.engine import Engine
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio.contents.jobs import is_job
from azureml_emulator.wire import Document, new_id

PARAMETER = "parameter:"
"""Before the names of fields that are parameters."""
Form = Mapping[str, str]


def submit_pipeline(workspace: LocalWorkspace, engine: Engine, pipeline_id: str, form: Form) -> str:
    return str(submit_published(workspace, engine, pipeline_id, _submission(form))["Id"])


def submit_endpoint(workspace: LocalWorkspace, engine: Engine, endpoint_id: str, form: Form) -> str:
    pipeline_id = startable_pipeline(workspace.store, endpoint_id, form.get("version"))
    return submit_pipeline(workspace, engine, pipeline_id, form)


async def cancel(hosts: Hosts, run_id: str) -> str:
    """Raises NotFound. Nothing happens to a run that has ended."""
    if is_job(hosts.workspace.store, run_id) and not hosts.workspace.store.find("pipeline run", run_id):
        await hosts.script_runs.cancel(run_id)
        return run_id
    hosts.workspace.store.get("pipeline run", run_id)
    await hosts.engine.cancel(run_id)
    return run_id


def run_again(hosts: Hosts, run_id: str) -> str:
    """A new run of the same graph with the same parameters, from its published pipeline where it has one; or a new job
    of the same definition.
    """
    workspace, engine = hosts.workspace, hosts.engine
    if job := workspace.store.find(JOB, run_id):
        return str(submit_job(hosts, new_id(), job["properties"])["name"])
    earlier = workspace.store.get("pipeline run", run_id)
    given = merged({}, earlier)
    given["ParameterAssignments"] = {
        key: value for key, value in earlier["ParameterAssignments"].items() if value is not None
    }
    submission = {
        "ExperimentName": earlier["RunHistoryExperimentName"],
        "Description": earlier["Description"],
        **given,
        "tags": _tags_of_its_submission(workspace, run_id),
        "Properties": earlier["Properties"],
        "ContinueRunOnStepFailure": earlier["_continue_on_failure"],
    }
    if earlier["PipelineId"]:
        return str(submit_published(workspace, engine, earlier["PipelineId"], submission)["Id"])
    run = create_pipeline_run(
        workspace,
        experiment=earlier["RunHistoryExperimentName"],
        graph_id=earlier["GraphId"],
        submission=submission | {"RunSource": earlier["RunSource"], "RunType": earlier["RunType"]},
    )
    engine.submit(run["Id"])
    return str(run["Id"])


def _tags_of_its_submission(workspace: LocalWorkspace, run_id: str) -> Document:
    """The SDK sets them on the run, after it submitted. Those that a step gave it too say what came of this run."""
    steps = [one for one in workspace.store.all("run", run_id) if one["parentRunId"] == run_id]
    given = {name for step in steps for name in step["tags"]}
    return {name: value for name, value in workspace.store.get("run", run_id)["tags"].items() if name not in given}


def _submission(form: Form) -> Document:
    parameters = {key.removeprefix(PARAMETER): value for key, value in form.items() if key.startswith(PARAMETER)}
    return {"ExperimentName": form.get("experiment", "").strip(), "ParameterAssignments": parameters}
