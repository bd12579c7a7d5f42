"""Registered models of SDK v2."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from azure.ai.ml.entities import Model
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

from workspaces.azure.errors import translates
from workspaces.azure.files import BlobFiles
from workspaces.errors import RequestError
from workspaces.files import leads_out
from workspaces.models import ModelVersion
from workspaces.v2.connection import Connection
from workspaces.v2.datastore import V2Datastore, place_of, uri_of

FOLDER = "amlgpu/registered"
KIND = "custom_model"
TRIES = 5
"""Of a registration: SDK v2's clients choose the version, and somebody else may have been faster."""


@translates
class V2Models:
    def __init__(self, connection: Connection, files: BlobFiles) -> None:
        self._connection, self._files = connection, files

    def versions(self, name: str, tags: Mapping[str, str] | None = None) -> list[ModelVersion]:
        try:
            listed = list(self._connection.ml.models.list(name=name))
        except ResourceNotFoundError:
            return []
        found = [_value(model) for model in listed if str(model.version).isdecimal()]  # others' may be any text
        wanted = (tags or {}).items()
        return sorted((one for one in found if wanted <= one.tags.items()), key=lambda one: -one.version)

    def register(
        self, name: str, folder: Path, tags: Mapping[str, str], properties: Mapping[str, str] | None = None
    ) -> ModelVersion:
        # Not by the SDK: it leaves out what a .gitignore in the folder names, without a word.
        place = f"{FOLDER}/{uuid4()}/{folder.name}"
        files = {f"{place}/{path.relative_to(folder).as_posix()}": path for path in _files_in(folder)}
        self._files.upload(files)
        uri = uri_of(self._files.datastore, place)
        model = Model(name=name, path=uri, type=KIND, tags=dict(tags), properties=dict(properties or {}))
        return _value(self._create(model))

    def download(self, version: ModelVersion, folder: Path) -> None:
        files, found = self._located(version)
        wanted = {place: folder / name for name, (place, _) in found.items()}
        if out := [name for name in found if leads_out(folder, name)]:
            raise RequestError(
                f"{version.id}: its file {out[0]!r} points out of the folder that it is to be brought to"
            )
        files.download(wanted)

    def size(self, version: ModelVersion) -> int:
        _, found = self._located(version)
        return sum(size for _, size in found.values())

    def set_tags(self, version: ModelVersion, tags: Mapping[str, str]) -> None:
        model = self._get(version)
        model.tags = dict(tags)
        self._connection.ml.models.create_or_update(model)

    def _create(self, model: Model, tries: int = TRIES) -> Model:
        try:
            made: Model = self._connection.ml.models.create_or_update(model)
        except ResourceExistsError:
            if tries == 1:
                raise
            model.version = None
            return self._create(model, tries - 1)
        return made

    def _get(self, version: ModelVersion) -> Model:
        found: Model = self._connection.ml.models.get(version.name, str(version.version))
        return found

    def _located(self, version: ModelVersion) -> tuple[BlobFiles, dict[str, tuple[str, int]]]:
        """The files of its datastore; path there and bytes of each, by its name below the registered folder's parent.

        RequestError where nothing is there: blobs that are gone are no empty model.
        """
        place = place_of(str(self._get(version).path), version.id)
        files = self._files if place.datastore == self._files.datastore else self._of(place.datastore)
        called = Path(place.path).name
        sizes = files.sizes(place.path)
        found = {f"{called}/{name}": (f"{place.path}/{name}", size) for name, size in sizes.items()}
        if not found:
            raise RequestError(f"{version.id}: the datastore {place.datastore} has no file below {place.path}")
        return files, found

    def _of(self, datastore: str) -> BlobFiles:
        return BlobFiles(V2Datastore(self._connection, datastore))


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _value(model: Model) -> ModelVersion:
    return ModelVersion(str(model.name), int(str(model.version)), dict(model.tags or {}), dict(model.properties or {}))
