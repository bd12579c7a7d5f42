"""Registered models of SDK v1."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests
from azureml.core import Workspace
from azureml.core.model import Model

from workspaces.azure.errors import translates
from workspaces.errors import RequestError
from workspaces.files import leads_out
from workspaces.models import ModelVersion
from workspaces.netrc import as_given

TIMEOUT_SECONDS = 60


@translates
class V1Models:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def versions(self, name: str, tags: Mapping[str, str] | None = None) -> list[ModelVersion]:
        wanted = [[key, value] for key, value in (tags or {}).items()] or None
        found = Model.list(self._workspace, name=name, tags=wanted, expand=False)
        return sorted(map(_value, found), key=lambda one: -one.version)

    def register(
        self, name: str, folder: Path, tags: Mapping[str, str], properties: Mapping[str, str] | None = None
    ) -> ModelVersion:
        with _working_in(folder.parent):
            made = Model.register(
                self._workspace,
                folder.name,
                name,
                tags=dict(tags),
                properties=dict(properties or {}),
                model_framework=Model.Framework.TENSORFLOW,
            )
        return _value(made)

    def download(self, version: ModelVersion, folder: Path) -> None:
        model = Model(self._workspace, id=version.id)
        if out := [name for name in model.get_sas_urls() if leads_out(folder, name)]:
            raise RequestError(
                f"{version.id}: its file {out[0]!r} points out of the folder that it is to be brought to"
            )
        model.download(target_dir=str(folder), exist_ok=True)

    def size(self, version: ModelVersion) -> int:
        urls = Model(self._workspace, id=version.id).get_sas_urls().values()
        with requests.Session() as session:
            session.auth = as_given
            return sum(_length(session, url) for url in urls)

    def set_tags(self, version: ModelVersion, tags: Mapping[str, str]) -> None:
        model = Model(self._workspace, id=version.id)
        if tags:
            model.update(tags=dict(tags))
        elif model.tags:  # the SDK takes an empty dictionary for none given
            model.remove_tags(list(model.tags))


def _length(session: requests.Session, url: str) -> int:
    answer = session.head(url, timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    return int(answer.headers["Content-Length"])


def _value(model: Model) -> ModelVersion:
    return ModelVersion(str(model.name), int(model.version), dict(model.tags or {}), dict(model.properties or {}))


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    # Model.register refuses a path outside the working directory.
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
