"""The default datastore of SDK v1, by the storage client inside the SDK."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from azureml.core import Workspace

from workspaces.azure.credential import find_credential
from workspaces.files import Credential

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

WITHOUT_CREDENTIAL = "None"
CREDENTIALS: dict[str, Credential] = {
    "AccountKey": "account key",
    "Sas": "shared access signature",
    WITHOUT_CREDENTIAL: "identity",
}
"""By the SDK's word for it."""


class V1Datastore:
    # Not datastore.upload() and download(): they log a failed file and go on as if it had come.

    def __init__(self, workspace: Workspace, credential: TokenCredential | None = None) -> None:
        self._workspace, self._credential = workspace, credential

    @cached_property
    def name(self) -> str:
        return str(self._store.name)

    @cached_property
    def credential(self) -> Credential:
        return CREDENTIALS[self._store.credential_type]

    @cached_property
    def container(self) -> Any:
        """A datastore of an identity-based workspace has no credential, and the SDK's client of it asks as nobody.

        https://learn.microsoft.com/azure/machine-learning/how-to-disable-local-auth-storage
        """
        service = self._store.blob_service
        if self._store.credential_type == WITHOUT_CREDENTIAL:
            service = type(service)(service.url, credential=self._credential or find_credential())
        return service.get_container_client(self._store.container_name)

    @cached_property
    def _store(self) -> Any:
        return self._workspace.get_default_datastore()
