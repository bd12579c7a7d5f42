"""Put a folder on the workspace's default datastore, under a path that its content decides."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from azureml.core import Workspace

from steps.registration.saved_model import content_hash

PARALLEL_UPLOADS = 8


def upload_folder(workspace: Workspace, folder: Path, kind: str) -> str:
    """Upload ``folder`` to ``amlgpu/<kind>/<SHA-256 of its content>`` and return that path.

    Files that are there already, with the right size, aren't sent again: the same folder costs one listing.
    """
    destination = f"amlgpu/{kind}/{content_hash(folder)}"
    datastore = workspace.get_default_datastore()
    # Not datastore.upload(): it logs a failed file and goes on as if it had been sent.
    container = datastore.blob_service.get_container_client(datastore.container_name)
    there = {blob.name: blob.size for blob in container.list_blobs(name_starts_with=f"{destination}/")}
    paths = [path for path in folder.rglob("*") if path.is_file()]
    files = {f"{destination}/{path.relative_to(folder).as_posix()}": path for path in paths}

    def send(name: str) -> None:
        with files[name].open("rb") as file:
            container.upload_blob(name, file, overwrite=True)

    missing = [name for name, path in files.items() if there.get(name) != path.stat().st_size]
    with ThreadPoolExecutor(PARALLEL_UPLOADS) as pool:
        list(pool.map(send, missing))  # reading the results raises what a thread raised
    return destination
