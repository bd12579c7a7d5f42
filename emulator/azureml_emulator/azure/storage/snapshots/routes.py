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
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.body import a_list, a_text, an_object, objects, read_object
from azureml_emulator.state.whole_files import scratch_of
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
    names = [a_text(name, "a file name") for name in a_list((await read_object(request))["FileNames"], "FileNames")]
    nodes = [
        {"fullName": name, "blobUri": content_uri(workspace, _ORIGIN, folder, name.lstrip("/"), write=True)}
        for name in names
    ]
    return JSONResponse({"fileNodes": nodes})


async def create_snapshot(request: Request) -> JSONResponse:
    workspace, snapshot_id, body = workspace_of(request), request.path_params["snapshot"], await read_object(request)
    parent = workspace.store.find("snapshot", body.get("ParentSnapshotId") or "")
    files: dict[str, str] = dict(parent["files"]) if parent else {}
    revisions = an_object(body["FileRevisionList"], "FileRevisionList")
    for node in objects(revisions["FileNodes"], "FileNodes", "one of the FileNodes"):
        address = urlsplit(a_text(node["BlobUri"], "BlobUri"))
        files[a_text(node["FullName"], "FullName").lstrip("/")] = unquote(address.path).lstrip("/")
    present = set(_paths(an_object(body["DirTreeNode"], "DirTreeNode")))
    if outside := [name for name in present if ".." in name.split("/")]:
        raise BadRequest(f"the snapshot file '{outside[0]}' leaves its folder")
    kept = {name: blob for name, blob in files.items() if name in present}
    if missing := present - kept.keys():
        raise BadRequest(f"snapshot {snapshot_id} lacks {min(missing)}: it was not uploaded")
    workspace.store.put("snapshot", snapshot_id, {"id": snapshot_id, "files": kept})
    return JSONResponse({"id": snapshot_id})


def _paths(node: Document, prefix: str = "") -> list[str]:
    """Relative paths of the files below a node of the directory tree."""
    paths: list[str] = []
    children = an_object(node.get("Children") or node.get("children") or {}, "Children")
    for name, child in children.items():
        path = f"{prefix}{name}"
        kind = an_object(child, f"the node {name!r}").get("Type") or child.get("type") or ""
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
        shutil.copyfile(blob_file(workspace, ARTIFACTS, blob.removeprefix(ARTIFACTS + "/")), target)


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
                archive.write(blob_file(workspace, ARTIFACTS, blob.removeprefix(ARTIFACTS + "/")), name)
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)


_BASE = "/content/v2.0/snapshots"
routes = [
    Route("/content/v1.0/snapshots/latest/metadata", get_latest),
    Route(_BASE + "/getblob", get_upload_addresses, methods=["POST"]),
    Route(_BASE + "/{snapshot}", create_snapshot, methods=["POST"]),
    Route(_BASE + "/{snapshot}/zip", get_zip, methods=["POST"]),
]
