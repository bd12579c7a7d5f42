import pytest

from azureml_emulator.azure.runs.history.runs import apply_event, create_run, note_status
from azureml_emulator.state.workspace import LocalWorkspace


@pytest.mark.parametrize("event", ["CancelRequested", "Completed", "Failed", "Canceled"])
def test_what_a_script_said_of_its_end_stays(workspace: LocalWorkspace, event: str) -> None:
    store = workspace.store
    create_run(store, "e", "r", status="Running")
    note_status(store, "r", "Finalizing")
    assert store.get("run", "r")["status"] == "Finalizing"
    apply_event(store, "r", {"name": f"Microsoft.MachineLearning.Run.{event}"})
    note_status(store, "r", "Finalizing")
    assert store.get("run", "r")["status"] == event
