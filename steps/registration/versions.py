"""Model versions of the workspace, and the folders on its datastore that they come from (SDK v1)."""

import os
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from azureml.core import Workspace
from azureml.core.model import Model

from config.errors import ModelError

PARALLEL_DOWNLOADS = 8
REFUSED = "NOT_BLESSED"
RELEASED_BY = "released_by"
"""Model tag: the pipeline run whose smoke test proved this version last."""
MODEL_FOLDER = "model"
"""What a registered path is called; the SavedModel lies in AZUREML_MODEL_DIR under this name."""


def find_version(workspace: Workspace, name: str, version: int) -> Model:
    """The version of the model. ModelError when there is none."""
    # Not Model(workspace, name, version=…): for a missing version it raises what it raises for a failed request too.
    versions: list[Model] = Model.list(workspace, name=name, expand=False)
    for model in versions:
        if int(model.version) == version:
            return model
    newest = max((int(model.version) for model in versions), default=None)
    if newest is None:
        raise ModelError(_none_registered(name))
    raise ModelError(f"no version {version} of the model {name} is registered: the newest is {newest}")


def find_latest(workspace: Workspace, name: str) -> Model:
    """The newest version that validation hasn't refused, or that was released. ModelError when there is none.

    A released one that is refused later, or was forced, is not passed over: an older one would replace it by itself.
    """
    versions: list[Model] = sorted(Model.list(workspace, name=name, expand=False), key=lambda one: -int(one.version))
    for model in versions:
        if model.tags.get("verdict") != REFUSED or RELEASED_BY in model.tags:
            return model
        print(f"{model.id} is passed over: the run {model.tags.get('verdict_by')} found it {REFUSED}")
    if versions:
        raise ModelError(
            f"every version of the model {name} is {REFUSED}: pass a new SavedModel, or a version's number"
        )
    raise ModelError(_none_registered(name))


def mark(workspace: Workspace, name: str, version: int, tags: Mapping[str, str]) -> None:
    """Add ``tags`` to the version of the model.

    It is looked up again: Azure ML replaces all tags at once, and another run may have marked it meanwhile.
    """
    model = find_version(workspace, name, version)
    model.update(tags=model.tags | dict(tags))


def _none_registered(name: str) -> str:
    return f"no version of the model {name} is registered: release one with `amlgpu run --model FOLDER`"


def find_by_hash(workspace: Workspace, name: str, content_hash: str) -> Model | None:
    """The newest version with this content, if there is one."""
    versions: list[Model] = Model.list(workspace, name=name, tags=[["content_hash", content_hash]])
    return max(versions, key=lambda model: int(model.version), default=None)


def register(workspace: Workspace, name: str, folder: Path, tags: Mapping[str, str]) -> Model:
    """Register the SavedModel in ``folder``, which must be called ``model``, as a new version."""
    if folder.name != MODEL_FOLDER:
        raise ValueError(f"{folder}: the service expects the registered path to be called {MODEL_FOLDER}")
    with _working_in(folder.parent):
        return Model.register(
            workspace, MODEL_FOLDER, name, tags=dict(tags), model_framework=Model.Framework.TENSORFLOW
        )


def download_version(model: Model, folder: Path) -> Path:
    """Download a version as the service sees it; returns what AZUREML_MODEL_DIR would be, ``<name>/<version>``."""
    model_dir = folder / "azureml-models" / str(model.name) / str(model.version)
    model.download(target_dir=str(model_dir), exist_ok=True)
    if not (model_dir / MODEL_FOLDER).is_dir():
        found = ", ".join(sorted(path.name for path in model_dir.iterdir()))
        raise ModelError(f"{model.name}:{model.version} holds {found}, not a folder {MODEL_FOLDER}: register it again")
    return model_dir


def download_folder(workspace: Workspace, path: str, folder: Path, only: Collection[str] = ()) -> Path:
    """Download what lies below ``path`` on the default datastore, or ``only`` these files of it, into ``folder``.

    ModelError when nothing lies there, or one of the files is missing.
    """
    datastore = workspace.get_default_datastore()
    # Not datastore.download(): it logs a failed file and goes on as if it had come.
    container = datastore.blob_service.get_container_client(datastore.container_name)
    prefix = f"{path.strip('/')}/"
    names = {blob.name.removeprefix(prefix) for blob in container.list_blobs(name_starts_with=prefix)}
    if not names:
        raise ModelError(f"{path}: no such folder on the datastore {datastore.name}")
    if missing := set(only) - names:
        raise ModelError(f"{path}: {min(missing)} is not there any more, on the datastore {datastore.name}")

    def fetch(name: str) -> None:
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise ModelError(f"{path}: the blob {name} points out of the folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            container.download_blob(f"{prefix}{name}").readinto(file)

    with ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool:
        list(pool.map(fetch, only or names))  # reading the results raises what a thread raised
    return folder


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    # Model.register refuses a path outside the working directory.
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
