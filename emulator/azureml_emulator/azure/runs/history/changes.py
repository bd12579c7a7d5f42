"""What a client may change of a run: the keys of the SDK's CreateRunDto, each of its own shape."""

from typing import Any

from azureml_emulator.errors import BadRequest
from azureml_emulator.server.body import a_list, a_text, an_object, shortened, texts_by_name
from azureml_emulator.wire import Document


def _a_truth(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise BadRequest(f"{name} must be true or false, not {shortened(value)}")
    return value


def _anything(value: Any, _name: str) -> Any:
    return value


_TEXTS = (
    *("runId", "parentRunId", "status", "startTimeUtc", "endTimeUtc", "name", "displayName", "description"),
    *("dataContainerId", "runType", "scriptName", "target", "primaryMetricName", "cancelUri", "diagnosticsUri"),
)
_CHECKS = {
    **dict.fromkeys(_TEXTS, a_text),
    **dict.fromkeys(("heartbeatEnabled", "hidden"), _a_truth),
    **dict.fromkeys(("tags", "properties"), texts_by_name),
    **dict.fromkeys(("inputDatasets", "outputDatasets"), a_list),
    **dict.fromkeys(("runTypeV2", "options", "createdFrom", "queueingInfo"), an_object),
    "runDefinition": _anything,
}


def checked_changes(sent: Document) -> Document:
    """Those that were given, without the id. Raises BadRequest, which names the key."""
    if unknown := sent.keys() - _CHECKS.keys():
        raise BadRequest(f"a run has no {min(unknown)} that could be changed: it has {', '.join(sorted(_CHECKS))}")
    given = {key: _CHECKS[key](value, key) for key, value in sent.items() if value is not None}
    given.pop("runId", None)
    return given
