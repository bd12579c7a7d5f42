"""Invoke a batch endpoint: the pipeline component of one of its deployments is started as a job."""

from azureml_emulator.azure.arm.batch_endpoints.documents import deployment_of, specification_of
from azureml_emulator.azure.arm.batch_endpoints.shapes import Invocation
from azureml_emulator.azure.arm.jobs.documents import job_resource
from azureml_emulator.azure.arm.jobs.nodes import PARENT_INPUT
from azureml_emulator.azure.arm.jobs.submission import Hosts, submit_job
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests.body import an_object
from azureml_emulator.server.requests.shapes import checked, shortened
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document, new_id

KIND = "batch invocation"
_TYPES = {
    "literal": "literal",
    "urifile": "uri_file",
    "urifolder": "uri_folder",
    "mltable": "mltable",
    "custommodel": "custom_model",
    "mlflowmodel": "mlflow_model",
    "tritonmodel": "triton_model",
}
"""Of inputs and outputs: here, and in the job that is read later."""
_SWITCHES = ("continue_on_step_failure", "force_rerun")


def read_invocation(body: Document) -> Document:
    """With keys in camel case, as SDK v2 has them; in the documented calls by REST they are in Pascal case.

    Raises BadRequest, or NotSupported for a key that would have no effect.
    """
    sent = _camel(_camel(body).get("properties") or {})
    for key in ("inputData", "outputData"):
        if isinstance(sent.get(key), dict):
            sent[key] = {name: _camel(one) if isinstance(one, dict) else one for name, one in sent[key].items()}
    if unknown := [key for key in sent if key not in Invocation.__annotations__]:
        raise NotSupported(f"{shortened(unknown[0])} of an invocation of a pipeline component")
    invocation: Document = checked(Invocation, sent, "properties")
    return invocation


def invoke(hosts: Hosts, endpoint: Document, deployment: str, sent: Document, request_id: str | None) -> Document:
    """The job; the same one for a request that was sent again. Raises as `submit_job` does."""
    key = f"{endpoint['name']}/{request_id or new_id()}"
    if before := hosts.workspace.store.find(KIND, key):
        return job_resource(hosts.workspace, before["job"])
    definition = _definition(hosts.workspace, endpoint["name"], deployment, sent)
    name = sent.get("name") or f"batchjob-{new_id()}"
    with hosts.workspace.store.transaction():
        job = submit_job(hosts, name, {"displayName": name} | definition)
        known = {"endpoint": endpoint["name"], "deployment": deployment, "job": name}
        hosts.workspace.store.put(KIND, key, known)
    return job


def jobs_of(workspace: LocalWorkspace, endpoint: str, deployment: str | None) -> list[Document]:
    """Those of one deployment, or of all."""
    started = workspace.store.all(KIND, endpoint)
    return [
        job_resource(workspace, one["job"])
        for one in started
        if one["endpoint"] == endpoint and deployment in (None, one["deployment"])
    ]


def _definition(workspace: LocalWorkspace, endpoint: str, deployment: str, sent: Document) -> Document:
    """The pipeline job: the nodes of the component, with the inputs and outputs that were sent."""
    document = deployment_of(workspace, endpoint, deployment)
    specification = specification_of(workspace, document)
    given = {name: _typed(one, "jobInputType") for name, one in (sent.get("inputData") or {}).items()}
    inputs = _inputs(specification, given)
    properties = sent.get("properties") or {}
    origin = {"azureml.endpointname": endpoint, "azureml.deploymentname": deployment}
    return {
        "jobType": "Pipeline",
        "experimentName": str(properties.get("experimentName") or endpoint),
        "settings": _settings(document["properties"]["deploymentConfiguration"]["settings"]),
        "inputs": inputs,
        "outputs": _outputs(specification, sent),
        "jobs": {name: _without(node, inputs) for name, node in specification["jobs"].items()},
        "properties": {key: str(value) for key, value in properties.items() if key != "experimentName"} | origin,
    }


def _inputs(specification: Document, given: dict[str, Document]) -> dict[str, Document]:
    declared = {name: port or {} for name, port in (specification.get("inputs") or {}).items()}
    if unknown := given.keys() - declared.keys():
        known = ", ".join(declared) or "none"
        raise BadRequest(f"the pipeline component has no input {shortened(min(unknown))}; it has {known}")
    defaults = {
        name: {"jobInputType": "literal", "value": str(port["default"])}
        for name, port in declared.items()
        if port.get("default") is not None
    }
    found = defaults | given
    needed = [name for name, port in declared.items() if str(port.get("optional")).lower() != "true"]
    if missing := [name for name in needed if name not in found]:
        raise BadRequest(f"inputData lacks '{missing[0]}', which the pipeline component needs")
    return found


def _outputs(specification: Document, sent: Document) -> dict[str, Document]:
    declared = specification.get("outputs") or {}
    given = {name: _typed(one, "jobOutputType") for name, one in (sent.get("outputData") or {}).items()}
    if unknown := given.keys() - declared.keys():
        known = ", ".join(declared) or "none"
        raise BadRequest(f"the pipeline component has no output {shortened(min(unknown))}; it has {known}")
    return {
        name: {"jobOutputType": (port or {}).get("type") or "uri_folder"} for name, port in declared.items()
    } | given


def _typed(sent: Document, key: str) -> Document:
    kind = _TYPES.get(str(sent.get(key) or "Literal").replace("_", "").lower())
    if kind is None or (kind == "literal" and key == "jobOutputType"):
        raise BadRequest(f"{key} {shortened(sent.get(key))} is none of Literal, UriFile, UriFolder and the like")
    return sent | {key: kind}


def _settings(texts: dict[str, str]) -> Document:
    return {key: value.lower() == "true" if key in _SWITCHES else value for key, value in texts.items()}


def _without(node: Document, inputs: dict[str, Document]) -> Document:
    """A node of the component without what it would get of an optional input that has no value."""
    kept = {}
    for name, value in (node.get("inputs") or {}).items():
        said = value.get("value") or value.get("path") if isinstance(value, dict) else value
        match = PARENT_INPUT.fullmatch(str(said))
        if match is None or match[1] in inputs:
            kept[name] = value
    return node | {"inputs": kept}


def _camel(sent: object) -> Document:
    return {f"{key[:1].lower()}{key[1:]}": value for key, value in an_object(sent, "properties").items()}
