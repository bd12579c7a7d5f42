"""Containers of the workspace's one storage account: folders below `blobs/`, at the root of its address."""

import re

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from azureml_emulator.azure.storage.blobs.files import ARTIFACTS, DATASTORE
from azureml_emulator.azure.storage.blobs.shared_key import ACCOUNT
from azureml_emulator.errors import BadRequest
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of

PREFIX = "/containers"
_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
"""https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata"""


class ContainerMiddleware:
    """`/azureml/…` becomes `/containers/azureml/…`: an account has its containers where the workspace has services."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_container(scope):
            scope = {**scope, "path": PREFIX + scope["path"]}  # raw_path stays as it was sent: that was signed
        await self._app(scope, receive, send)


def _is_container(scope: Scope) -> bool:
    name = scope["path"].split("/", 2)[1]
    return name in (ARTIFACTS, DATASTORE) or workspace_of(Request(scope)).store.find("container", name) is not None


def open_container(workspace: LocalWorkspace, name: str, *, create: bool, reserved: set[str]) -> None:
    """Give a container its address. Raises BadRequest for a name that cannot be, and where there is no such folder."""
    if not _NAME.fullmatch(name):
        raise BadRequest(f"the container name '{name}' is not 3 to 63 lower-case letters, digits and single '-'")
    if name in reserved:
        raise BadRequest(f"the container name '{name}' is taken: it is a service's of the local workspace")
    folder = workspace.folder / "blobs" / name
    if create:
        folder.mkdir(parents=True, exist_ok=True)
    if not folder.is_dir():
        raise BadRequest(
            f"container '{name}' not found in storage account '{ACCOUNT}': create_if_not_exists=True makes an empty "
            f"one, and a link {folder} to a folder of yours makes that folder a container"
        )
    workspace.store.put("container", name, {"name": name})
