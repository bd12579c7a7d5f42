import asyncio
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zipfile import ZIP_DEFLATED, ZipFile

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.storage.artifacts.content import artifact_file, content_uri
from azureml_emulator.azure.storage.blobs.files import ARTIFACTS, blob_file
from azureml_emulator.azure.storage.snapshots.shapes import Snapshot, Wanted
from azureml_emulator.errors import BadRequest, NotFound
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.disk.whole_files import scratch_of
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document, new_id, now

_ORIGIN = "snapshots"
_ZIP_ORIGIN = "snapshot-zips"
_NONE = "00000000-0000-0000-0000-000000000000"


async def get_latest(request: Request) -> JSONResponse:
    """No earlier snapshot to compare with: the client then sends every file, which on loopback costs little."""
    root = {"name": "", "type": "Directory", "hash": "", "timestamp": now(), "children": {}}
    return JSONResponse({"id": _NONE, "root": root})


async def get_upload_addresses(request: Request) -> JSONResponse:
    workspace, folder = workspace_of(request), new_id()
    names = (await read_object(request, Wanted))["FileNames"]
    nodes = [
        {"fullName": name, "blobUri": content_uri(workspace, _ORIGIN, folder, name.lstrip("/"), write=True)}
        for name in names
    ]
    return JSONResponse({"fileNodes": nodes})


async def create_snapshot(request: Request) -> JSONResponse:
    workspace, snapshot_id = workspace_of(request), request.path_params["snapshot"]
    body = await read_object(request, Snapshot)
    parent = workspace.store.find("snapshot", body.get("ParentSnapshotId") or "")
    files: dict[str, str] = dict(parent["files"]) if parent else {}
    files |= {node["FullName"].lstrip("/"): _blob(node["BlobUri"]) for node in body["FileRevisionList"]["FileNodes"]}
    present = set(_paths(body["DirTreeNode"]))
    kept = {name: blob for name, blob in files.items() if name in present}
    missing = present - {name for name, blob in kept.items() if _file(workspace, blob).is_file()}
    if missing:
        raise BadRequest(f"snapshot {snapshot_id} lacks {min(missing)}: it was not uploaded")
    workspace.store.put("snapshot", snapshot_id, {"id": snapshot_id, "files": kept})
    return JSONResponse({"id": snapshot_id})


def _blob(uri: str) -> str:
    """Container and name of the blob at a signed address."""
    try:
        return unquote(urlsplit(uri).path).lstrip("/")
    except ValueError:
        raise BadRequest(f"the BlobUri {shortened(uri)} is no address") from None


def _file(workspace: LocalWorkspace, blob: str) -> Path:
    return blob_file(workspace, ARTIFACTS, blob.removeprefix(ARTIFACTS + "/"))


def _paths(node: Document, prefix: str = "") -> list[str]:
    """Relative paths of the files below a node of the directory tree."""
    paths: list[str] = []
    for name, child in (node.get("Children") or node.get("children") or {}).items():
        path = f"{prefix}{name}"
        kind = child.get("Type") or child.get("type") or ""
        is_folder = str(kind).lower().startswith("d")
        paths += _paths(child, path + "/") if is_folder else [path]
    return paths


async def restore_snapshot(workspace: LocalWorkspace, snapshot_id: str, folder: Path) -> None:
    """Write the files of a snapshot below a folder. Raises NotFound."""
    files = workspace.store.get("snapshot", snapshot_id)["files"]
    await asyncio.to_thread(_restore, workspace, files, folder)


def _restore(workspace: LocalWorkspace, files: dict[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, blob in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_file(workspace, blob), target)


async def get_zip(request: Request) -> JSONResponse:
    """A signed address of the whole snapshot in one file."""
    workspace, snapshot_id = workspace_of(request), request.path_params["snapshot"]
    files, name = workspace.store.get("snapshot", snapshot_id)["files"], f"{snapshot_id}.zip"
    await asyncio.to_thread(_write_zip, workspace, files, artifact_file(workspace, _ZIP_ORIGIN, snapshot_id, name))
    return JSONResponse({"zipSasUri": content_uri(workspace, _ZIP_ORIGIN, snapshot_id, name)})


def _write_zip(workspace: LocalWorkspace, files: dict[str, str], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = scratch_of(target)
    try:
        with ZipFile(scratch, "w", ZIP_DEFLATED) as archive:
            for name, blob in files.items():
                archive.write(_file(workspace, blob), name)
        scratch.replace(target)
    except FileNotFoundError as error:
        raise NotFound(f"a file of the snapshot is not there any more: {error.filename}") from None
    finally:
        scratch.unlink(missing_ok=True)


_BASE = "/content/v2.0/snapshots"
routes = [
    Route("/content/v1.0/snapshots/latest/metadata", get_latest),
    Route(_BASE + "/getblob", get_upload_addresses, methods=["POST"]),
    Route(_BASE + "/{snapshot}", create_snapshot, methods=["POST"]),
    Route(_BASE + "/{snapshot}/zip", get_zip, methods=["POST"]),
]
