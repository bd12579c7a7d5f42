"""Files of a run, as MLflow's plugin for Azure ML keeps and finds them. SDK v2 itself has no call to keep one."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobClient

from workspaces.errors import RequestError
from workspaces.files import leads_out
from workspaces.v2.connection import Connection, part

HISTORY = "history/v1.0"
PARALLEL = 8


class RunFiles:
    def __init__(self, connection: Connection, run: Mapping[str, Any]) -> None:
        """``run`` is what run history says of it."""
        self._connection, self._run = connection, run

    def names(self) -> list[str]:
        found, more = list[str](), dict[str, str]()
        while True:
            page = self._connection.plane.ask("GET", HISTORY, f"{self._path}/artifacts", query=more)
            found += [str(one["path"]) for one in page["value"]]
            if not (token := page.get("continuationToken")):
                return found
            more = {"continuationToken": token}

    def keep(self, files: Mapping[str, Path]) -> None:
        if not files:
            return
        wanted = {"paths": [{"path": name} for name in files]}
        answer = self._connection.plane.ask("POST", HISTORY, f"{self._path}/artifacts/batch/metadata", wanted)
        places = answer["artifactContentInformation"]
        if lacking := [name for name in files if name not in places]:
            said = (answer.get("errors") or {}).get(lacking[0])
            raise RequestError(
                f"run {self._id}: there is no place for its file {lacking[0]}: {said or 'nobody says why'}"
            )

        def send(name: str) -> None:
            with files[name].open("rb") as file, BlobClient.from_blob_url(places[name]["contentUri"]) as blob:
                self._send(blob, name, file)

        _in_parallel(send, list(files))

    def fetch(self, name: str, path: Path) -> None:
        told = self._connection.plane.ask("GET", HISTORY, f"{self._path}/artifacts/contentinfo", query={"path": name})
        with BlobClient.from_blob_url(told["contentUri"]) as blob:
            content = blob.download_blob()  # asks for its beginning: no empty file is left for what isn't there
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                content.readinto(file)

    def fetch_folder(self, prefix: str, folder: Path) -> None:
        names = [name for name in self.names() if name.startswith(prefix)]
        if out := [name for name in names if leads_out(folder, name.removeprefix(prefix))]:
            raise RequestError(
                f"run {self._id}: its file {out[0]!r} points out of the folder that it is to be brought to"
            )
        _in_parallel(lambda name: self.fetch(name, folder / name.removeprefix(prefix)), names)

    def _send(self, blob: BlobClient, name: str, file: Any) -> None:
        try:
            blob.upload_blob(file, overwrite=False)
        except ResourceExistsError:
            raise RequestError(f"run {self._id} has a file {name} already, and none is replaced") from None

    @property
    def _id(self) -> str:
        return str(self._run["runId"])

    @cached_property
    def _path(self) -> str:
        return f"experiments/{part(str(self._run['experimentId']))}/runs/{part(self._id)}"


def _in_parallel(work: Any, names: list[str]) -> None:
    if len(names) == 1:
        work(names[0])
        return
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(work, names))
