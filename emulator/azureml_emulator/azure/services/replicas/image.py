"""What an image of a service would hold: its models, and its code."""

import asyncio
import shutil
import tarfile
from pathlib import Path

from azureml_emulator.azure.assets.models.registry import model_files
from azureml_emulator.azure.services.no_code import NO_CODE_SCRIPT, script_of
from azureml_emulator.azure.storage.artifacts.content import file_of_url
from azureml_emulator.errors import BadRequest
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

MODELS = "azureml-models"


async def stage_image(workspace: LocalWorkspace, service: Document, folder: Path) -> None:
    """Lay out models and code as the image would hold them below /var/azureml-app."""
    if "sources" in service:
        await asyncio.to_thread(_copy_sources, workspace.folder, service["sources"], folder)
        return
    image, script = service["environmentImageRequest"], script_of(service)
    models = [(version_folder(folder, model), model_files(workspace, model)) for model in service["models"]]
    assets = [(file_of_url(workspace, asset["url"]), asset) for asset in image.get("assets") or []]
    await asyncio.to_thread(_copy, folder, models, assets)
    if script:
        await asyncio.to_thread(shutil.copyfile, script, folder / NO_CODE_SCRIPT)


def version_folder(folder: Path, model: Document) -> Path:
    """Where a service finds a model version: azureml-models/NAME/VERSION."""
    return folder / MODELS / str(model["name"]) / str(model["version"])


def _copy_sources(workspace_folder: Path, sources: list[Document], folder: Path) -> None:
    """Those of a deployment, which were found when it was asked for. Raises BadRequest where one is gone."""
    (folder / MODELS).mkdir(parents=True)
    for one in sources:
        source, target = workspace_folder / one["from"], folder / one["to"]
        if not source.exists():
            raise BadRequest(f"the files of {one['asset']} are not there any more: register it again")
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        copy(source, target)


def _copy(folder: Path, models: list[tuple[Path, list[Path]]], assets: list[tuple[Path, Document]]) -> None:
    (folder / MODELS).mkdir(parents=True)  # also for a service without a model
    for target, sources in models:
        target.mkdir(parents=True)
        for source in sources:
            copy = shutil.copytree if source.is_dir() else shutil.copyfile
            copy(source, target / source.name)
    for source, asset in assets:
        if asset.get("unpack"):
            with tarfile.open(source) as archive:
                archive.extractall(folder, filter="data")
        else:
            shutil.copyfile(source, folder / Path(asset["id"]).name)
