"""Batch endpoints as they are kept, without a server."""

from pathlib import Path

from azureml_emulator.azure.arm.batch_endpoints.documents import ENDPOINT, new_endpoint, view
from azureml_emulator.state.workspace import Address, LocalWorkspace
from azureml_emulator.studio.contents.endpoints.batch import batch_endpoint


def test_the_scoring_uri_is_that_of_this_life(tmp_path: Path) -> None:
    """The ports of the last life may be another's by now."""
    first = LocalWorkspace(tmp_path, Address(8080, 8443))
    made = first.store.put(ENDPOINT, "one", new_endpoint(first, "one", {"properties": {"authMode": "aadToken"}}, None))
    answered = view(first, made)
    assert answered["properties"]["scoringUri"] == "https://127.0.0.1:8443/batch/one/jobs"
    first.store.put(ENDPOINT, "one", new_endpoint(first, "one", answered, made))  # sent back as it was answered
    first.close()
    later = LocalWorkspace(tmp_path, Address(9090, 9443))
    try:
        found = view(later, later.store.get(ENDPOINT, "one"))["properties"]["scoringUri"]
        assert found == batch_endpoint(later, "one").scoring_uri == "https://127.0.0.1:9443/batch/one/jobs"
    finally:
        later.close()
