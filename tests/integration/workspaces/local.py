"""The local workspace that the contract is tested on: nothing else here knows how it is started and made to fail."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from azureml_emulator.command import daemon
from azureml_emulator.command.client import ask
from azureml_emulator.state.credentials.auth_mode import AuthMode
from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from azureml_emulator.testing.answers import VARIABLE
from config.settings import Workspace as Names
from tests.integration.emulator.coverage.page import operations
from workspaces.computes import ClusterId

NAMES = Names(subscription_id=SUBSCRIPTION, resource_group=RESOURCE_GROUP, name=NAME)
OWN = ("/health", "/own/", "/studio")
"""What Azure ML hasn't."""
IDENTITY = "/msi/"
SCOPE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{NAME}"
)


class LocalWorkspace:
    """The one that the SDK of this process was sent to before anything imported it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self) -> dict[str, str]:
        """The variables that send a client to it. Ends with this process, if not before."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(VARIABLE, "1")  # other tests of this process may go on with it, and check what it answered
            address = daemon.start(self._folder, enforce_capacity=True, share_gpus=True, outlives_us=False)
        variables: dict[str, str] = address["environment"]
        return variables

    def stop(self) -> None:
        daemon.stop(self._folder)

    def tags(self, run_id: str) -> dict[str, str]:
        """Of a run: the port sets them and doesn't read them."""
        tags: dict[str, str] = ask(self._folder, "GET", f"/history/v1.0{SCOPE}/runs/{run_id}")["tags"]
        return tags

    def metric(self, run_id: str, name: str) -> list[float]:
        """What a run logged under this name: the port doesn't read that either."""
        answer = ask(self._folder, "POST", f"/metric/v2.0{SCOPE}/runs/{run_id}/full", {"metricName": name})
        return [row["data"][name] for row in answer["value"]]

    def make_endpoint(self, name: str, pipeline_id: str) -> None:
        """A pipeline endpoint, sooner than an SDK makes one."""
        path = f"/pipelines/v1.0{SCOPE}/PipelineEndpoints/Create"
        ask(self._folder, "POST", path, {"Name": name, "PipelineId": pipeline_id})

    def make_cluster(self, name: str, nodes: int = 3, taints: Sequence[str] = (), **properties: object) -> ClusterId:
        """An AKS cluster, which is made outside of Azure ML; ``properties`` are as Azure Resource Manager has them."""
        cluster = ClusterId(SUBSCRIPTION, RESOURCE_GROUP, name)
        pool = {"name": "gpu", "vmSize": "Standard_NC4as_T4_v3", "count": nodes, "nodeTaints": list(taints)}
        body = {"identity": {"type": "SystemAssigned"}, "properties": {"agentPoolProfiles": [pool], **properties}}
        ask(self._folder, "PUT", str(cluster), body)
        return cluster

    def give_role(self, principal: str, role: str, scope: str) -> None:
        """``role`` is the id of a built-in role."""
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"{principal} {role} {scope}")
        given = {
            "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{role}",
            "principalId": principal,
        }
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
        ask(self._folder, "PUT", path, {"properties": given})

    @contextmanager
    def authenticating(self, mode: AuthMode) -> Iterator[None]:
        """Its datastores have this credential, or none; as before afterwards."""
        before = ask(self._folder, "GET", SCOPE)["properties"]["systemDatastoresAuthMode"]
        ask(self._folder, "PATCH", SCOPE, {"properties": {"systemDatastoresAuthMode": mode.value}})
        try:
            yield
        finally:
            ask(self._folder, "PATCH", SCOPE, {"properties": {"systemDatastoresAuthMode": before}})

    @contextmanager
    def answering(self, status: int, *methods: str) -> Iterator[None]:
        """All of Azure ML refuses every request with one of these methods, by default any, with this status."""
        paths = [one for one in operations() if not one.refusal and not one.path.startswith((*OWN, IDENTITY))]
        with self._refusing(status, (str(one) for one in paths if not methods or one.method in methods)):
            yield

    @contextmanager
    def finding_no_endpoint_by_name(self) -> Iterator[None]:
        """As has been reported of those that are disabled."""
        with self._refusing(404, (str(one) for one in operations() if one.path.endswith("/PipelineEndpoints/Name"))):
            yield

    @contextmanager
    def without_credentials(self) -> Iterator[None]:
        """Nobody gets a token who hasn't one."""
        paths = [one for one in operations() if one.path.startswith(IDENTITY)]
        with self._refusing(403, map(str, paths)):
            yield

    @contextmanager
    def _refusing(self, status: int, refused: Iterable[str]) -> Iterator[None]:
        try:
            for operation in refused:
                ask(self._folder, "POST", "/own/faults", {"operation": operation, "status": status, "times": None})
            yield
        finally:
            ask(self._folder, "DELETE", "/own/faults")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Nothing listens where it was; it comes back there."""
        self.stop()
        try:
            yield
        finally:
            self.start()
