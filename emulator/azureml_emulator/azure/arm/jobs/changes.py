"""A job that is sent once more: the same again, or with what may change of one."""

from azureml_emulator.azure.runs.history.runs import patch_run
from azureml_emulator.errors import Conflict
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_CHANGES = {
    "displayName": "displayName",
    "description": "description",
    "tags": "tags",
    "properties": "properties",
    "isArchived": "hidden",
}
_ANSWERED = ("status", "services", "experimentName")
"""What a client that sends back what it was answered sends along."""


def change_job(workspace: LocalWorkspace, name: str, properties: Document) -> None:
    """Raises Conflict where another job of that name is meant."""
    kept, run = workspace.store.get("job", name)["properties"], workspace.store.get("run", name)
    for key, value in properties.items():
        if key not in _CHANGES and key not in _ANSWERED and (value or None) != (kept.get(key) or None):
            raise Conflict(f"job '{name}' exists with another {key}: a job is never changed; give it a name of its own")
    changed = {of_run: properties[key] for key, of_run in _CHANGES.items() if properties.get(key) is not None}
    patch_run(workspace.store, run["_experiment"], name, changed)
