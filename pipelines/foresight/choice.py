"""The model that a run would take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.errors import ModelError
from config.settings import Settings
from pipelines.foresight.inspections import inspection_of
from pipelines.parameters import registered_choice
from scoring.contract import Contract
from steps.registration.contract.folder import FILE, find_obstacle
from steps.registration.identity import CONTENT, CONTRACT, WISHES, contract_tags, wishes_hash, wishes_of
from steps.registration.labels import read_label_names
from steps.registration.saved_model import content_hash
from steps.registration.versions import find_by_content, find_latest, find_version
from workspaces.models import ModelVersion
from workspaces.workspace import Workspace

NEW = "a new version"


@dataclass(frozen=True)
class Choice:
    """A registered version, or what isn't registered yet."""

    version: ModelVersion | None
    content_hash: str
    contract: Contract | None = None
    """None: it isn't known here, or there is none."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """What a version of it says, or would say, of its contract; empty: unknown."""
    refusal: ModelError | None = None
    """Why it can't be served."""

    @property
    def model(self) -> str:
        return self.version.id if self.version else NEW


def choose(workspace: Workspace, settings: Settings, model: str, validation_data: Path | None = None) -> Choice:
    """What ``--model MODEL`` means: a folder here, a version number, or ``latest``; nothing is uploaded.

    Of a folder, ``validation_data`` tells too, as it tells the step that registers it.
    ModelError when there is no such version, ConfigError when ``model`` is none of these.
    """
    if Path(model).is_dir():
        return _of_folder(workspace, settings, Path(model), validation_data)
    name, choice = settings.model.name, registered_choice(model)
    if choice == "latest":
        version = find_latest(workspace, name, settings.options)
    else:
        version = find_version(workspace, name, int(choice), settings.options)
    if CONTENT not in version.tags:
        raise ModelError(f"{version.id} wasn't registered by this pipeline: its tag {CONTENT} is missing")
    if choice == "latest" and wishes_of(version.tags) != wishes_hash(settings, read_label_names(settings.task)):
        return Choice(None, version.tags[CONTENT])  # its contract is found out by the run, which brings the files
    return Choice(version, version.tags[CONTENT], tags=version.tags)


def check_model(folder: Path) -> None:
    """ModelError when the folder plainly holds no SavedModel."""
    if not (folder / FILE).is_file() and (found := find_obstacle(folder)):
        raise ModelError(f"--model {folder}: {found.what} {found.mend}")


def _of_folder(workspace: Workspace, settings: Settings, folder: Path, validation_data: Path | None) -> Choice:
    digest = content_hash(folder)
    try:
        check_model(folder)
        found = inspection_of(folder, digest, settings, validation_data)
    except ModelError as refusal:
        return Choice(None, digest, refusal=refusal)
    if found.contract is None:
        return Choice(None, digest, refusal=found.refusal(folder))
    tags = contract_tags(found.contract, found.classes, wishes_hash(settings, found.contract.task.labels))
    return Choice(_registered(workspace, settings, digest, tags), digest, found.contract, tags)


def _registered(workspace: Workspace, settings: Settings, digest: str, tags: Mapping[str, str]) -> ModelVersion | None:
    """The newest version of the content and the contract.

    One from before there were contracts counts where the settings say nothing of the model: what it is served by can't
    be told here without TensorFlow. The run finds it out.
    """
    for version in find_by_content(workspace, settings.model.name, digest):
        if CONTRACT in version.tags:
            same = version.tags[CONTRACT] == tags[CONTRACT]
        else:
            same = wishes_of(version.tags) == tags[WISHES]
        if same:
            return version
    return None
