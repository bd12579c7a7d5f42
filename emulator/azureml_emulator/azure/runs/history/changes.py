"""What a client may change of a run."""

from azureml_emulator.azure.runs.history.shapes import Changes
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.shapes import checked
from azureml_emulator.wire import Document

_KEYS = Changes.__annotations__


def checked_changes(sent: Document) -> Document:
    """Those that were given, without the id. Raises BadRequest, which names the key."""
    if unknown := sent.keys() - _KEYS.keys():
        raise BadRequest(f"a run has no {min(unknown)} that could be changed: it has {', '.join(sorted(_KEYS))}")
    changes = checked(Changes, sent)
    return {key: value for key, value in changes.items() if value is not None and key != "runId"}
