"""Files on the default datastore, by the storage client inside the SDK."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azureml.core import Workspace

from workspaces.errors import RequestError
from workspaces.files import LARGEST, Credential, Sent, StoredFile, unwatched
from workspaces.v1.credential import find_credential
from workspaces.v1.errors import translates
from workspaces.v1.transfers import download, upload

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

SAME_TIME = timedelta(seconds=5)
"""Clocks that differ by no more are taken as one: a Date header has whole seconds, and its way takes time."""

WITHOUT_CREDENTIAL = "None"
CREDENTIALS: dict[str, Credential] = {
    "AccountKey": "account key",
    "Sas": "shared access signature",
    WITHOUT_CREDENTIAL: "identity",
}
"""By the SDK's word for it."""


@translates
class V1Files:
    # Not datastore.upload() and download(): they log a failed file and go on as if it had come.

    def __init__(self, workspace: Workspace, credential: TokenCredential | None = None) -> None:
        self._workspace, self._credential = workspace, credential
        self._default: Any = None
        self._client: Any = None
        self._ahead = timedelta(0)

    @property
    def datastore(self) -> str:
        return str(self._store().name)

    @property
    def credential(self) -> Credential:
        return CREDENTIALS[self._store().credential_type]

    def sizes(self, folder: str) -> dict[str, int]:
        prefix = f"{folder.strip('/')}/"
        blobs = self._container().list_blobs(name_starts_with=prefix)
        return {blob.name.removeprefix(prefix): blob.size for blob in blobs}

    def upload(self, files: Mapping[str, Path], sent: Sent = unwatched) -> None:
        upload(self._container(), files, sent)

    def download(self, files: Mapping[str, Path]) -> None:
        download(self._container(), files)

    def delete(self, path: str) -> None:
        with suppress(ResourceNotFoundError):
            self._blob(path).delete_blob()

    def read(self, path: str, largest: int = LARGEST) -> StoredFile | None:
        try:
            download = self._blob(path).download_blob(raw_response_hook=self._set_clock)
            if download.size > largest:
                raise RequestError(f"{path} on the datastore has {download.size:,} bytes, more than {largest:,}")
            return StoredFile(download.readall(), str(download.properties.etag))
        except ResourceNotFoundError:
            return None

    def write(self, path: str, content: bytes, etag: str | None) -> str | None:
        condition = {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
        try:
            answer = self._blob(path).upload_blob(
                content, overwrite=etag is not None, raw_response_hook=self._set_clock, **condition
            )
        except (ResourceExistsError, ResourceModifiedError):
            return None
        return str(answer["etag"])

    def now(self) -> datetime:
        return _now() + self._ahead

    def _store(self) -> Any:
        if self._default is None:
            self._default = self._workspace.get_default_datastore()
        return self._default

    def _container(self) -> Any:
        if self._client is None:
            self._client = self._open()
        return self._client

    def _open(self) -> Any:
        """A client of the datastore's container.

        A datastore of an identity-based workspace has no credential, and the SDK's client of it asks as nobody.
        https://learn.microsoft.com/azure/machine-learning/how-to-disable-local-auth-storage
        """
        datastore = self._store()
        service = datastore.blob_service
        if datastore.credential_type == WITHOUT_CREDENTIAL:
            service = type(service)(service.url, credential=self._credential or find_credential())
        return service.get_container_client(datastore.container_name)

    def _blob(self, path: str) -> Any:
        return self._container().get_blob_client(path)

    def _set_clock(self, response: Any) -> None:
        if sent := response.http_response.headers.get("Date"):
            ahead = parsedate_to_datetime(sent) - _now()
            self._ahead = ahead if abs(ahead) > SAME_TIME else timedelta(0)


def _now() -> datetime:
    return datetime.now(timezone.utc)
