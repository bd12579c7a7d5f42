"""Model versions of the workspace: which one is meant, and what is noted on it."""

from collections.abc import Mapping
from pathlib import Path

from config.errors import ModelError, TamperedError
from scoring.contract import FOLDER, Contract, read_contract, version_folder
from scoring.hashing.version_hash import version_hash
from steps.registration.identity import CONTENT
from steps.registration.lineage import PROMOTED_FROM
from workspaces.models import ModelVersion
from workspaces.services import ServiceState
from workspaces.workspace import Workspace

REFUSED = "NOT_BLESSED"
RELEASED_BY = {"v1": "released_by", "v2": "released_by_v2"}
"""Model tag, by the SDK: the pipeline run whose smoke test proved this version last. Both SDKs see one version."""
VERSION_HASH = "version_hash"
"""Property of a model: scoring.hashing.version_hash of what was registered."""
VALIDATION_DATA = "validation_data"
"""Property of a model, and tag of it for people: the folder of samples that it was registered with. A version of before
it was a property has the tag alone."""
MODEL_FOLDER = "model"
"""What the SavedModel's folder is called, in the registered version's."""


def find_version(workspace: Workspace, name: str, version: int, options: str = "") -> ModelVersion:
    """The version of the model. ModelError when there is none; ``options`` are what it says to type."""
    # Of all of them: asked for a missing one alone, an SDK raises what it raises for a failed request too.
    versions = workspace.models.versions(name)
    for model in versions:
        if model.version == version:
            return model
    if not versions:
        raise ModelError(_none_registered(name, options))
    raise ModelError(f"no version {version} of the model {name} is registered: the newest is {versions[0].version}")


def find_latest(workspace: Workspace, name: str, options: str = "") -> ModelVersion:
    """The newest version that validation hasn't refused, or that was released. ModelError when there is none.

    A released one that is refused later, or was forced, is not passed over: an older one would replace it by itself.
    """
    versions = workspace.models.versions(name)
    for model in versions:
        if model.tags.get("verdict") != REFUSED or model.tags.keys() & set(RELEASED_BY.values()):
            return model
        print(f"{model.id} is passed over: the run {model.tags.get('verdict_by')} found it {REFUSED}")
    if versions:
        raise ModelError(
            f"every version of the model {name} is {REFUSED}: pass a new SavedModel, or a version's number"
        )
    raise ModelError(_none_registered(name, options))


def mark(workspace: Workspace, name: str, version: int, tags: Mapping[str, str]) -> None:
    """Add ``tags`` to the version of the model.

    It is looked up again: Azure ML replaces all tags at once, and another run may have marked it meanwhile.
    """
    model = find_version(workspace, name, version)
    workspace.models.set_tags(model, {**model.tags, **tags})


def _none_registered(name: str, options: str) -> str:
    release = f"amlgpu run --model FOLDER {options}".rstrip()
    return f"no version of the model {name} is registered: release one with `{release}`"


def live_version(workspace: Workspace, state: ServiceState) -> ModelVersion | None:
    """The version that a service runs; None where it has none, or that is gone."""
    name, _, version = (state.models[0] if state.models else "").partition(":")
    found = workspace.models.versions(name) if name else []
    return next((one for one in found if one.id == f"{name}:{version}"), None)


def find_by_content(workspace: Workspace, name: str, content_hash: str) -> list[ModelVersion]:
    """The versions with this content, the newest first: more than one where their contracts differ."""
    return workspace.models.versions(name, {CONTENT: content_hash})


def register(workspace: Workspace, name: str, folder: Path, tags: Mapping[str, str]) -> ModelVersion:
    """Register ``folder``, which must be called ``version`` and hold ``model/`` and a contract, as a new version.

    Its hash is a property of the version, by which download_version() knows it again; so are its validation data and,
    where it was promoted, its lineage, which ``tags`` name. The lineage is no tag: its ``source`` says it to people.
    """
    if folder.name != FOLDER:
        raise ValueError(f"{folder}: the service expects the registered path to be called {FOLDER}")
    fixed = {VERSION_HASH: version_hash(folder.parent)}
    fixed |= {key: tags[key] for key in (VALIDATION_DATA, PROMOTED_FROM) if key in tags}
    tags = {key: value for key, value in tags.items() if key != PROMOTED_FROM}
    return workspace.models.register(name, folder, tags, fixed)


def validation_data_of(model: ModelVersion) -> str | None:
    """The folder of samples that the version was registered with; None where it has none on record.

    A tag that names another is said and left alone: tags are anybody's, and a property nobody's to change.
    """
    tagged = model.tags.get(VALIDATION_DATA)
    registered = model.properties.get(VALIDATION_DATA, tagged)
    if tagged != registered:
        print(f"{model.id}: its tag {VALIDATION_DATA} says {tagged}: it was registered with {registered}, which counts")
    return registered


def download_version(workspace: Workspace, model: ModelVersion, folder: Path) -> Path:
    """Download a version as the service sees it; returns what AZUREML_MODEL_DIR would be, ``<name>/<version>``.

    ModelError where it holds no model; TamperedError where its files aren't those that were registered, which a version
    from before VERSION_HASH doesn't tell.
    """
    model_dir = folder / "azureml-models" / model.name / str(model.version)
    workspace.models.download(model, model_dir)
    if not saved_model_in(model_dir).is_dir():
        found = ", ".join(sorted(path.name for path in model_dir.iterdir()))
        raise ModelError(f"{model.id} holds {found}, not a folder {MODEL_FOLDER}: register it again")
    if VERSION_HASH in model.properties:
        check_files(model, version_hash(model_dir), model.properties[VERSION_HASH], "it was registered with")
    return model_dir


def check_files(model: ModelVersion, found: str, expected: str, whose: str) -> None:
    """TamperedError unless the hash of the version's files is what somebody relies on; ``whose`` says who."""
    if found != expected:
        raise TamperedError(
            f"{model.id}: its registered files have the hash {found}, {whose} {expected}: somebody changed them, so "
            "they are not used. Find out who may write to the workspace's storage, then register the model anew"
        )


def saved_model_in(model_dir: Path) -> Path:
    """The SavedModel of a version that lies in ``model_dir`` as the service sees it."""
    return version_folder(model_dir) / MODEL_FOLDER


def contract_in(model_dir: Path) -> Contract:
    """The contract of such a version; the one that stands for it where it was registered without.

    ModelError where it can't be read, or is none that this version of scoring can serve.
    """
    from scoring.errors import StartupError

    try:
        return read_contract(version_folder(model_dir)) or _default_contract(saved_model_in(model_dir))
    except (ValueError, StartupError) as error:
        raise ModelError(f"{model_dir.parent.name}:{model_dir.name}: its contract can't be read: {error}") from None


def _default_contract(saved_model: Path) -> Contract:
    import scoring.model.lean_tensorflow  # noqa: F401  # before anything imports TensorFlow
    from scoring.model.signature import default_contract

    return default_contract(saved_model)
