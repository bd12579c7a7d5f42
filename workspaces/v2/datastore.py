"""Datastores of SDK v2: the containers behind their names."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, NamedTuple

from azure.storage.blob import BlobServiceClient

from workspaces.errors import RequestError
from workspaces.files import Credential
from workspaces.v2.connection import Connection, storage_suffix

IDENTITY = "identity"
CREDENTIALS: dict[str, Credential] = {
    "account_key": "account key",
    "sas": "shared access signature",
    "none": "identity",
}
"""By the SDK's word for it."""
URI = re.compile(r"azureml:/.*/?datastores/([^/]+)/paths/(.*)")


class Place(NamedTuple):
    """Where something lies."""

    datastore: str
    path: str


class V2Datastore:
    """One datastore; by default the workspace's default one."""

    def __init__(self, connection: Connection, name: str | None = None) -> None:
        self._connection, self._name = connection, name

    @cached_property
    def name(self) -> str:
        return str(self._told.name)

    @cached_property
    def credential(self) -> Credential:
        kind = self._told.credentials.type
        return CREDENTIALS[str(getattr(kind, "value", kind)).lower()]

    @cached_property
    def container(self) -> Any:
        store = self._connection.ml.datastores.get(self._told.name, include_secrets=True)
        credentials = store.credentials  # of a key, a signature by it that ends
        signed = getattr(credentials, "sas_token", None) or getattr(credentials, "account_key", None)
        address = f"{store.protocol}://{store.account_name}.blob.{store.endpoint or storage_suffix()}"
        service = BlobServiceClient(address, credential=signed or self._connection.credential)
        return service.get_container_client(store.container_name)

    @cached_property
    def _told(self) -> Any:
        stores = self._connection.ml.datastores
        return stores.get_default() if self._name is None else stores.get(self._name)


def place_of(uri: str, what: str) -> Place:
    """Where a model or a build context lies. RequestError where that is on no datastore."""
    found = URI.fullmatch(uri)
    if found is None:
        raise RequestError(f"{what} lies at {uri}, on no datastore of the workspace")
    return Place(found[1], found[2].rstrip("/"))


def uri_of(datastore: str, path: str) -> str:
    return f"azureml://datastores/{datastore}/paths/{path}"
