"""Answers to what takes its time, as Azure Resource Manager gives them: where the operation is asked for."""

from azureml_emulator.state.workspace import LOCATION, SUBSCRIPTION, LocalWorkspace

OPERATIONS = (
    "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}/mfeOperationsStatus"
)
POLL = {"retry-after-ms": "100"}
"""The answer waits for the end anyway. Without the header SDK v2 sleeps 5 s before it asks, and 30 s for endpoints."""


def accepted(workspace: LocalWorkspace, operation: str) -> dict[str, str]:
    """Headers of the answer to what takes its time: where the operation is asked for."""
    path = OPERATIONS.format(subscription=SUBSCRIPTION, location=LOCATION)
    url = f"{workspace.address.tls}{path}/{operation}"
    return {"Azure-AsyncOperation": url, "Location": url, **POLL}


def done(workspace: LocalWorkspace, kind: str, path: str | None = None) -> dict[str, str]:
    """As `accepted`, of what took no time: the operation has ended well."""
    operation = workspace.operations.start(kind, path)
    workspace.operations.finish(operation)
    return accepted(workspace, operation)
