"""Code: folders that clients have uploaded."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse
from typing_extensions import Required, TypedDict

from azureml_emulator.azure.arm.assets.addresses import file_at
from azureml_emulator.azure.arm.assets.versions import Versions, check_name
from azureml_emulator.azure.storage.blobs.containers import open_container
from azureml_emulator.errors import ApiError, BadRequest, NotSupported
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.shapes import Reference, shortened
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document, new_id

_PENDING = "TemporaryBlobReference"


class Code(TypedDict, total=False):
    codeUri: Required[Reference]


class PendingUpload(TypedDict, total=False):
    pendingUploadType: str | None
    pendingUploadId: Reference | None


class Codes(Versions):
    plural, shape, fixed = "codes", Code, ("codeUri",)

    def completed(self, workspace: LocalWorkspace, name: str, version: str, given: Document) -> Document:
        _files(workspace, given["codeUri"])
        return super().completed(workspace, name, version, given)

    def with_content(self, workspace: LocalWorkspace, digest: str, digest_version: str) -> list[Document]:
        """Under whatever name: clients ask under one that they have just made up. Not those whose files are gone."""
        found = workspace.store.all(self._kind, digest)
        same = [one for one in found if _content(one["properties"]["properties"]) == (digest, digest_version)]
        return [one for one in same if _is_there(workspace, one["properties"]["codeUri"])]


CODES = Codes()


def code_folder(workspace: LocalWorkspace, reference: str) -> Path:
    """The folder with the files of a version of codes, to be read and left as it is.

    `reference` is as `references.asset_of` takes it. Raises BadRequest, which names it.
    """
    return _files(workspace, CODES.of(workspace, reference)["properties"]["codeUri"])


async def start_pending_upload(request: Request) -> JSONResponse:
    """A container of its own for each upload: the client puts the folder at its root, whatever else may be there."""
    workspace, body = workspace_of(request), await read_object(request, PendingUpload)
    check_name(request.path_params["name"], "the name of codes")
    if (kind := body.get("pendingUploadType") or _PENDING) != _PENDING:
        raise NotSupported(f"pending uploads of the type {shortened(kind)}, but of {_PENDING}")
    upload = body.get("pendingUploadId") or new_id()
    container = f"upload-{new_id()}"
    open_container(workspace, container, create=True, reserved=set())
    uri = f"{workspace.address.tls}/{container}"
    credential = {"credentialType": "SAS", "sasUri": f"{uri}?{workspace.tokens.sas(container, 'racwdl')}"}
    account = f"{workspace.scope.partition('/providers/')[0]}/providers/Microsoft.Storage/storageAccounts/local"
    reference = {"blobUri": uri, "storageAccountArmId": account, "credential": credential}
    answer = {"pendingUploadId": upload, "pendingUploadType": _PENDING}
    return JSONResponse(answer | {"blobReferenceForConsumption": reference})


def _content(properties: Document) -> tuple[str, str]:
    """The version comes as a number, and is asked for as a text."""
    return str(properties.get("hash_sha256")), str(properties.get("hash_version"))


def _is_there(workspace: LocalWorkspace, uri: str) -> bool:
    file = file_at(workspace, uri)
    return file is not None and file.exists()


def _files(workspace: LocalWorkspace, uri: str) -> Path:
    try:
        folder = file_at(workspace, uri)
    except ApiError as error:
        raise BadRequest(f"the codeUri {shortened(uri)}: {error.message}") from None
    if folder is None:
        raise NotSupported(f"code that isn't in its own storage, as {shortened(uri)}")
    if not folder.exists():
        raise BadRequest(f"there is nothing at the codeUri {shortened(uri)}: upload the code first")
    return folder if folder.is_dir() else folder.parent
