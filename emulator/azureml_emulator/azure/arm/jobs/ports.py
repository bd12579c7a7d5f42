"""Inputs and outputs of jobs as they are sent, and what a command gets of them."""

from collections.abc import Mapping
from typing import Any

from azureml_emulator.azure.arm.assets.places import place_of
from azureml_emulator.azure.arm.jobs.shapes import JobInput, JobOutput
from azureml_emulator.azure.arm.strictness import refuse_unknown
from azureml_emulator.azure.runs.commands.definition import Source, Target
from azureml_emulator.azure.storage.datastores.registry import default_name, get_datastore
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.state.workspace import LocalWorkspace

DATA = ("uri_folder", "uri_file", "mltable", "custom_model", "mlflow_model", "triton_model")
_FILE = "uri_file"
_INPUT_MODES = {
    "readonlymount": "mount",
    "romount": "mount",
    "readwritemount": "mount",
    "rwmount": "mount",
    "mount": "mount",
    "download": "download",
    "direct": "direct",
}
_OUTPUT_MODES = {
    "readwritemount": "mount",
    "rwmount": "mount",
    "mount": "mount",
    "upload": "upload",
    "direct": "direct",
}
_REGISTER = "make a data asset or model of azureml://jobs/JOB/outputs/NAME when the job is done"


def source(workspace: LocalWorkspace, sent: Mapping[str, Any], where: str) -> Source:
    """Of a job's input: `jobInputType`, `value` or `uri`, `mode`. Raises BadRequest, which says `where`."""
    refuse_unknown(sent, JobInput.__annotations__, where)
    kind = str(sent["jobInputType"]).lower()
    if kind == "literal":
        if sent.get("value") is None:
            raise BadRequest(f"{where} lacks 'value'")
        return Source(literal=str(sent["value"]))
    if kind not in DATA:
        raise NotSupported(f"inputs of the type {kind} ({where})")
    if not sent.get("uri"):
        raise BadRequest(f"{where} lacks 'uri'")
    datastore, path = place_of(workspace, sent["uri"], _plural(kind))
    return Source(datastore=datastore, path=path, mode=input_mode(sent.get("mode"), where), type=kind)


def target(workspace: LocalWorkspace, sent: Mapping[str, Any], where: str) -> Target:
    """Of a job's output: `jobOutputType`, `uri`, `mode`. Raises BadRequest, which says `where`."""
    refuse_unknown(sent, JobOutput.__annotations__, where)
    kind = str(sent["jobOutputType"]).lower()
    if kind not in DATA:
        raise NotSupported(f"outputs of the type {kind} ({where})")
    if sent.get("assetName") or sent.get("assetVersion"):
        raise NotSupported(f"outputs that a job registers by itself ({where}): {_REGISTER}")
    mode = _mode(sent.get("mode") or "mount", _OUTPUT_MODES, where)
    found = Target(type=kind, mode="mount" if kind == _FILE and mode == "upload" else mode)
    if uri := sent.get("uri"):
        found["datastore"], found["path"] = place_of(workspace, _of_this_run(workspace, uri), _plural(kind))
    return found


def in_default_store(workspace: LocalWorkspace, found: Target, datastore: str | None) -> Target:
    """An output whose place is not said goes to the default datastore of its pipeline. Raises NotFound."""
    if datastore and "datastore" not in found:
        found["datastore"] = get_datastore(workspace, datastore.removeprefix("azureml:").rpartition("/")[2])["name"]
    return found


def input_mode(mode: object, where: str) -> str:
    return _mode(mode or "mount", _INPUT_MODES, where)


def _mode(mode: object, known: Mapping[str, str], where: str) -> str:
    found = known.get(str(mode).replace("_", "").lower())
    if found is None:
        raise NotSupported(f"the mode {mode}, as {where} has")
    return found


def _of_this_run(workspace: LocalWorkspace, uri: str) -> str:
    """An address with the placeholders that Azure has for outputs; the run's name and the output's come later."""
    known = {"default_datastore": default_name(workspace), "name": "{run}", "output_name": "{name}"}
    for name, value in known.items():
        uri = uri.replace(f"${{{{{name}}}}}", value)
    return uri


def _plural(kind: str) -> str:
    return "models" if kind.endswith("_model") else "data"
