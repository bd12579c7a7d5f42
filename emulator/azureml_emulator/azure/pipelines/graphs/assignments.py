"""The values of a graph's parameters in a run: its defaults, and what was given at submission."""

from collections.abc import Mapping

from azureml_emulator.azure.runs.data.ports import dataset_or_place, place_of
from azureml_emulator.errors import BadRequest
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

ASSIGNMENTS = {
    "ParameterAssignments": "Parameters",
    "DataPathAssignments": "DataPathParameters",
    "DataSetDefinitionValueAssignments": "DataPathParameterList",
}
"""What a submission assigns, and where the graph's interface declares it."""


def assignments(workspace: LocalWorkspace, interface: Document, submission: Document) -> dict[str, Document]:
    """By the three keys of a submission. Raises BadRequest for an unknown name, NotFound for data that is not there."""
    values = {}
    for key, declaration in ASSIGNMENTS.items():
        defaults = {entry["Name"]: entry.get("DefaultValue") for entry in interface.get(declaration) or []}
        given = submission.get(key) or {}
        _check_names(given, defaults, interface)
        values[key] = defaults | given
    plain = values["ParameterAssignments"]
    given = submission.get("ParameterAssignments") or {}
    values["ParameterAssignments"] = plain | {name: str(value) for name, value in given.items()}
    for name, value in values["DataPathAssignments"].items():
        place_of(workspace, _needed(name, value))
    for name, value in values["DataSetDefinitionValueAssignments"].items():
        dataset_or_place(workspace, _needed(name, value))
    return values


def merged(before: Document, submission: Document) -> dict[str, Document]:
    """What a published pipeline assigns, and over it what is given when it is submitted."""
    return {key: (before.get(key) or {}) | (submission.get(key) or {}) for key in ASSIGNMENTS}


def _check_names(given: Mapping[str, object], declared: Mapping[str, object], interface: Document) -> None:
    unknown = given.keys() - declared.keys()
    if not unknown:
        return
    name = min(unknown)
    for key, declaration in ASSIGNMENTS.items():
        if name in [entry["Name"] for entry in interface.get(declaration) or []]:
            raise BadRequest(f"the parameter '{name}' is given by {key}")
    raise BadRequest(f"the pipeline has no parameter '{name}': it has {', '.join(declared) or 'none'}")


def _needed(name: str, value: object) -> Document:
    if not isinstance(value, dict):
        raise BadRequest(f"the parameter '{name}' needs a value that is an object, not {value!r}")
    return value
