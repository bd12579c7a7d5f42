"""Jobs as their clients see them: what was asked for, and what run history says of it by now."""

from azureml_emulator.azure.arm.resources import resource
from azureml_emulator.azure.mlflow.paths import tracking_uri
from azureml_emulator.errors import NotFound
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_KIND = "job"
_OF_SDK_V1 = {"azureml.scriptrun": "Command", "azureml.PipelineRun": "Pipeline"}
_ITERATED = ("inputs", "outputs")
"""By the SDK, also where there are none."""


def job_resource(workspace: LocalWorkspace, name: str) -> Document:
    """By its name, which is its run's id.

    A run that is no job, as a step is none, has no properties: the SDK then reads it from run history. Raises NotFound.
    """
    run = workspace.store.find("run", name)
    if run is None:
        raise NotFound(f"job '{name}' not found in this workspace")
    if described := describe(workspace, run):
        return described
    return resource(workspace, f"jobs/{name}", {}) | {"properties": None}


def describe(workspace: LocalWorkspace, run: Document) -> Document | None:
    """The resource of a run that was sent as a job, or by SDK v1 as what SDK v2 has a word for."""
    known = workspace.store.find(_KIND, run["runId"])
    asked = known["properties"] if known else _as_asked(workspace, run)
    if asked is None:
        return None
    path = f"jobs/{run['runId']}"
    found = known or resource(workspace, path, {}, {"systemData": {"createdAt": run["createdUtc"]}})
    return found | {"properties": {key: {} for key in _ITERATED} | asked | _state(workspace, run)}


def _state(workspace: LocalWorkspace, run: Document) -> Document:
    studio = f"{workspace.address.http}/studio/runs/{run['runId']}?"
    services = {"Studio": studio, "Tracking": f"{tracking_uri(workspace)}?"}
    return {
        "status": run["status"],
        "displayName": run["displayName"],
        "description": run["description"],
        "experimentName": run["_experiment"],
        "tags": run["tags"],
        "properties": run["properties"],
        "isArchived": bool(run["hidden"]),
        "services": {
            name: {"jobServiceType": name, "endpoint": endpoint, "port": None, "status": None, "errorMessage": None}
            for name, endpoint in services.items()
        },
    }


def _as_asked(workspace: LocalWorkspace, run: Document) -> Document | None:
    """A run of SDK v1's as a job. None for one with a parent, or that a job could not truly say."""
    kind = _OF_SDK_V1.get(str(run["runType"]))
    if kind is None or run["parentRunId"]:
        return None
    if kind == "Pipeline":
        assigned = (workspace.store.find("pipeline run", run["runId"]) or {}).get("ParameterAssignments") or {}
        inputs = {
            name: {"jobInputType": "literal", "value": str(value)}
            for name, value in assigned.items()
            if value is not None
        }
        return {"jobType": kind, "inputs": inputs, "jobs": {}, "settings": {}}
    return _command(workspace, run)


def _command(workspace: LocalWorkspace, run: Document) -> Document | None:
    """None where its environment has no version, or it runs at its client."""
    asked = run["runDefinition"] or {}
    environment, target = asked.get("environment") or {}, str(run["target"] or "")
    name, version = environment.get("name"), environment.get("version")
    if not (name and version and workspace.store.find("compute", target)):
        return None
    script = ["python", asked["script"], *(asked.get("arguments") or [])] if asked.get("script") else None
    words = script or asked.get("command")
    return {
        "jobType": "Command",
        "command": " ".join(map(str, words)) if isinstance(words, list) else str(words or ""),
        "environmentId": f"{workspace.scope}/environments/{name}/versions/{version}",
        "computeId": f"{workspace.scope}/computes/{target}",
        "environmentVariables": {
            key: str(value) for key, value in (asked.get("environmentVariables") or {}).items() if value is not None
        },
    }
