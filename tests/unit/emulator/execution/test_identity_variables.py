from azureml_emulator.azure.computes.targets import new_target
from azureml_emulator.azure.runs.history.runs import create_run
from azureml_emulator.execution.job import Job
from azureml_emulator.execution.variables import job_environment
from azureml_emulator.state.workspace import LocalWorkspace


def test_a_run_signs_in_as_the_identity_that_its_compute_shows(workspace: LocalWorkspace) -> None:
    user = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Steps"
    properties = {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_D2_v3"}}
    identity = {"type": "UserAssigned", "userAssignedIdentities": {user: {}}}
    target = new_target(workspace, "steps", {"identity": identity, "properties": properties})
    workspace.store.put("compute", "steps", target)
    create_run(workspace.store, "e", "r")
    job = Job("r", "e", "r", "s", "a.py", [], "steps", {}, "log")
    shown = target["identity"]["userAssignedIdentities"][user]["clientId"]
    assert job_environment(workspace, job)["DEFAULT_IDENTITY_CLIENT_ID"] == shown
