"""Which blob or container a request is for, once its client has proven that it may ask."""

from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from starlette.requests import Request

from azureml_emulator.azure.storage.blobs.blocks import Blocks
from azureml_emulator.azure.storage.blobs.files import blob_file
from azureml_emulator.azure.storage.blobs.records import Record
from azureml_emulator.azure.storage.blobs.shared_key import SCHEME, Signed, check_shared_key
from azureml_emulator.errors import NotFound, Unauthorized
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of


@dataclass(frozen=True)
class Address:
    workspace: LocalWorkspace
    container: str
    blob: str
    """Its name; empty for the container itself."""

    @cached_property
    def file(self) -> Path:
        """Raises BadRequest for a name that leads elsewhere."""
        return blob_file(self.workspace, self.container, self.blob)

    @property
    def record(self) -> Record:
        return Record(self.workspace.folder, f"{self.container}/{self.blob}")

    @property
    def blocks(self) -> Blocks:
        return Blocks(self.workspace.folder, f"{self.container}/{self.blob}")

    def require(self) -> None:
        """Raises NotFound where there is no such blob."""
        if not self.file.is_file():
            raise NotFound(f"blob '{self.blob}' not found in '{self.container}'", code="BlobNotFound")


def address_of(request: Request, *, write: bool) -> Address:
    """Raises Unauthorized or Forbidden without a proof that the client may: one of three, as on Azure.

    A signed address of the blob or of its container, a request that is signed with the account's key, or a token.
    """
    workspace, query = workspace_of(request), request.query_params
    container, blob = request.path_params["container"], request.path_params.get("blob", "")
    if (authorization := request.headers.get("authorization", "")) and "sig" not in query:
        _check_authorization(request, authorization)
        return Address(workspace, container, blob)
    signature = (query.get("sp", ""), query.get("se", ""), query.get("sig", ""))
    try:
        workspace.tokens.check_sas(container, blob, *signature, write=write)
    except Unauthorized:
        if blob == (decoded := unquote(blob)):
            raise
        # The SDK encodes the path of the address that it is given for an upload once more.
        workspace.tokens.check_sas(container, decoded, *signature, write=write)
        blob = decoded
    return Address(workspace, container, blob)


def _check_authorization(request: Request, authorization: str) -> None:
    tokens = workspace_of(request).tokens
    if authorization.startswith(SCHEME):
        check_shared_key(Signed.of(request), authorization, tokens.account_key, datetime.now(timezone.utc))
    else:
        tokens.check_storage_bearer(authorization)
