"""Files on the default datastore, by the client of its container that an SDK gives."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

from workspaces.azure.errors import translates
from workspaces.azure.transfers import download, upload
from workspaces.errors import RequestError
from workspaces.files import LARGEST, Credential, Sent, StoredFile, unwatched

SAME_TIME = timedelta(seconds=5)
"""Clocks that differ by no more are taken as one: a Date header has whole seconds, and its way takes time."""


class Datastore(Protocol):
    """The default datastore of a workspace, as an SDK tells of it; asked for when it is needed."""

    @cached_property
    def name(self) -> str: ...
    @cached_property
    def credential(self) -> Credential: ...
    @cached_property
    def container(self) -> Any:
        """Client of its container."""


@translates
class BlobFiles:
    def __init__(self, store: Datastore) -> None:
        self._store = store
        self._ahead = timedelta(0)

    @property
    def datastore(self) -> str:
        return self._store.name

    @property
    def credential(self) -> Credential:
        return self._store.credential

    def sizes(self, folder: str) -> dict[str, int]:
        prefix = f"{folder.strip('/')}/"
        blobs = self._store.container.list_blobs(name_starts_with=prefix)
        return {blob.name.removeprefix(prefix): blob.size for blob in blobs}

    def upload(self, files: Mapping[str, Path], sent: Sent = unwatched) -> None:
        upload(self._store.container, files, sent)

    def download(self, files: Mapping[str, Path]) -> None:
        download(self._store.container, files)

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

    def _blob(self, path: str) -> Any:
        return self._store.container.get_blob_client(path)

    def _set_clock(self, response: Any) -> None:
        if sent := response.http_response.headers.get("Date"):
            ahead = parsedate_to_datetime(sent) - _now()
            self._ahead = ahead if abs(ahead) > SAME_TIME else timedelta(0)


def _now() -> datetime:
    return datetime.now(timezone.utc)
