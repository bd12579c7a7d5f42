"""How a workspace is reached: the SDK's client, Azure Resource Manager, and the services of its data plane."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from azure.ai.ml import MLClient
from azure.ai.ml._artifacts import _blob_storage_helper, _gen2_storage_helper
from azure.ai.ml._azure_environments import (
    _get_aml_resource_id_from_metadata,
    _get_base_url_from_metadata,
    _get_storage_endpoint_from_metadata,
    _resource_to_scopes,
)
from azure.core import PipelineClient
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy
from azure.core.rest import HttpRequest

from config.settings import Workspace as Names
from workspaces.azure.arm import Arm, understanding
from workspaces.v2.operations import Manager, Operation
from workspaces.v2.sending import sent

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

API = "2024-10-01"
"""Version of Microsoft.MachineLearningServices' REST interface."""
SDK = "azure.ai.ml"
READING = "Reading the workspace"


class Connection:
    """One workspace, as whoever ``credential`` is."""

    def __init__(self, names: Names, credential: TokenCredential) -> None:
        self.name, self.credential = names.name, credential
        group = f"/subscriptions/{names.subscription_id}/resourceGroups/{names.resource_group}"
        self.scope = f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{names.name}"
        """Its ARM id."""
        self.arm = arm_of(credential)

    @cached_property
    def ml(self) -> MLClient:
        _quiet()
        _, _, subscription, _, group, *_ = self.scope.split("/")
        return MLClient(self.credential, subscription, group, self.name, enable_telemetry=False, show_progress=False)

    def read(self, path: str, what: str) -> dict[str, Any]:
        """A resource of the workspace as REST has it: the SDK's entities lose a part of some."""
        with understanding(what):
            return dict(self._manager.read(f"{self.scope}/{path}?api-version={API}"))

    def read_all(self, path: str, what: str) -> list[dict[str, Any]]:
        """What a list of them holds."""
        with understanding(what):
            return list(self._manager.read_all(f"{self.scope}/{path}?api-version={API}"))

    def change(self, method: str, path: str, body: object = None) -> Operation:
        """Ask for a change of a resource of the workspace."""
        return self._manager.change(method, f"{self.scope}/{path}?api-version={API}", body)

    @cached_property
    def location(self) -> str:
        """Such as ``westeurope``."""
        return str(self._workspace["location"])

    @cached_property
    def _manager(self) -> Manager:
        address = str(_get_base_url_from_metadata())
        return Manager(address, _resource_to_scopes(address.rstrip("/")), self.credential)

    @cached_property
    def _workspace(self) -> dict[str, Any]:
        with understanding(READING):
            return dict(self._manager.read(f"{self.scope}?api-version={API}"))

    @cached_property
    def plane(self) -> DataPlane:
        with understanding(READING):
            discovery = self._workspace["properties"]["discoveryUrl"]
        return DataPlane(discovery, self.scope, self.credential)

    @cached_property
    def models(self) -> Arm:
        """Model management, which SDK v1 deploys by, with the token that it asks for."""
        return Arm(lambda: self.plane.address, self.arm.header)


class DataPlane:
    """Run history, files and metrics of runs, of which the SDK shows a part: by the addresses that its own calls take.

    Raises azure-core's errors. 408, 429 and 5xx are sent again, as azure-core does.
    """

    def __init__(self, discovery: str, scope: str, credential: TokenCredential) -> None:
        self._scope = scope
        addresses: PipelineClient[Any, Any] = PipelineClient(discovery, policies=[RetryPolicy()])
        with understanding("Finding the workspace's services"):
            self.address = str(sent(addresses, HttpRequest("GET", discovery)).json()["api"]).rstrip("/")
        signing = BearerTokenCredentialPolicy(credential, *ml_scopes())
        self._client: PipelineClient[Any, Any] = PipelineClient(self.address, policies=[RetryPolicy(), signing])

    def ask(
        self, method: str, service: str, path: str, body: object = None, query: dict[str, str] | None = None
    ) -> Any:
        """Such as ``ask("GET", "history/v1.0", "runs/x")``; what was answered as JSON, None for no body."""
        url = f"/{service}{self._scope}/{path}"
        answer = sent(self._client, HttpRequest(method, url, json=body, params=query or {}))
        return answer.json() if answer.content else None


def _quiet() -> None:
    """The SDK tells of its progress, and of classes of its own, on standard error, by a handler of each module.

    After each upload, shown or not, it prints the end of a colour and two empty lines.
    """
    for storage in (_blob_storage_helper, _gen2_storage_helper):
        vars(storage)["print"] = lambda *_, **__: None
    for name in list(logging.root.manager.loggerDict):
        if f"{name}.".startswith(f"{SDK}."):
            logging.getLogger(name).setLevel(logging.ERROR)


def arm_of(credential: TokenCredential) -> Arm:
    """Azure Resource Manager of the cloud that the SDK is in; the SDK has no public name for its address."""

    def address() -> str:
        return str(_get_base_url_from_metadata()).rstrip("/")

    def header() -> dict[str, str]:
        return {"Authorization": f"Bearer {credential.get_token(*_resource_to_scopes(address())).token}"}

    return Arm(address, header)


def ml_scopes() -> list[str]:
    """What a token for the data plane is asked for: a client compares the token's audience with it."""
    return list(_resource_to_scopes(_get_aml_resource_id_from_metadata()))


def storage_suffix() -> str:
    """Such as ``core.windows.net``."""
    return str(_get_storage_endpoint_from_metadata())


def part(name: str) -> str:
    """A name as a part of an address: tags name runs, and are anybody's."""
    return quote(name, safe="")
