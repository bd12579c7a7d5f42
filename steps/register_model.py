"""Step 1: find or register the model version that asks to be released, and write candidate.json."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import ModelError
from config.settings import Service, config_hash, load_settings
from steps.artifacts.candidate import Candidate
from steps.datastore import download_folder
from steps.registration.saved_model import content_hash, freeze, frozen_hash, read_signature
from steps.registration.versions import (
    MODEL_FOLDER,
    download_version,
    find_by_hash,
    find_latest,
    find_version,
    register,
)
from steps.rollout.lease import Lease
from steps.script import git_commit, publish, run_script
from workspaces.models import ModelVersion
from workspaces.opening import current_run
from workspaces.workspace import Workspace

LATEST = "latest"
RECORDED = "-"
TAG_CHARACTERS = 200


@dataclass(frozen=True)
class Origin:
    """Where this run comes from, as recorded on everything it makes."""

    git_commit: str
    config_hash: str
    run_id: str


def find_candidate(
    workspace: Workspace, name: str, model: str, validation_data: str, origin: Origin, limits: Service
) -> Candidate:
    """The candidate that ``model`` means: ``latest``, a version number, or a folder on the default datastore.

    ``validation_data`` is such a folder too, or ``-`` for the one that the version was registered with.
    A folder whose content is registered already is that version; nothing is registered twice.
    """
    with TemporaryDirectory() as work:
        if model == LATEST or model.isdecimal():
            version = find_latest(workspace, name) if model == LATEST else find_version(workspace, name, int(model))
            folder = download_version(workspace, version, Path(work)) / MODEL_FOLDER
        else:
            version = None
            folder = download_folder(workspace, model, Path(work) / MODEL_FOLDER)
        try:
            signature = read_signature(folder)
        except ModelError as error:
            raise ModelError(f"--model {model}: {error}") from None
        digest = content_hash(folder)
        version = version or _registered(workspace, name, digest)
        if version is not None:
            _check_unchanged(version, digest)
        images = _validation_data(version, validation_data)
        reused = version is not None
        if version is None:
            tags = {"content_hash": digest, "validation_data": images, "source": model, **vars(origin)}
            version, reused = _register_once(workspace, name, folder, tags, limits)
    return Candidate(
        model_name=name,
        model_version=version.version,
        content_hash=digest,
        frozen_hash=version.tags.get("frozen_hash"),
        signature=signature,
        validation_data=images,
        source=model,
        reused=reused,
        **vars(origin),
    )


def _registered(workspace: Workspace, name: str, digest: str) -> ModelVersion | None:
    """The version with this content; not one from before there were frozen graphs: it would stay without for ever."""
    version = find_by_hash(workspace, name, digest)
    return version if version and {"frozen_hash", "not_frozen"} & version.tags.keys() else None


def _register_once(
    workspace: Workspace, name: str, folder: Path, tags: dict[str, str], limits: Service
) -> tuple[ModelVersion, bool]:
    """Register the content, or find that another run has done so meanwhile; whether it had."""
    frozen = _frozen(folder)
    lease = Lease.acquire(workspace, f"model.{name}", tags["run_id"], limits)
    try:
        version = _registered(workspace, name, tags["content_hash"])
        return (version, True) if version else (register(workspace, name, folder, tags | frozen), False)
    finally:
        lease.give_up()


def _frozen(folder: Path) -> dict[str, str]:
    """Freeze the SavedModel; the tag that tells the frozen graph's hash, or why there is none."""
    reason = freeze(folder)
    digest = frozen_hash(folder)
    if digest is None:
        print(f"The SavedModel is served as it is: {reason}")
        return {"not_frozen": str(reason)[:TAG_CHARACTERS]}
    return {"frozen_hash": digest}


def _check_unchanged(version: ModelVersion, digest: str) -> None:
    recorded = version.tags.get("content_hash", digest)
    if recorded != digest:
        raise ModelError(
            f"{version.id}: its files have the hash {digest}, it was registered with {recorded}: register it anew"
        )


def _validation_data(version: ModelVersion | None, given: str) -> str:
    if given != RECORDED:
        return given
    recorded = version.tags.get("validation_data") if version else None
    if not recorded:
        which = f"{version.id} has none on record" if version else "this model isn't registered yet"
        raise ModelError(f"--validation-data: none given, and {which}: pass a folder of labelled images")
    return str(recorded)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--validation-data", required=True)
    parser.add_argument("--candidate", required=True, type=Path)
    arguments = parser.parse_args()
    settings, run = load_settings(), current_run()
    origin = Origin(git_commit(), config_hash(settings), run.pipeline_run_id)
    workspace = run.workspace
    candidate = find_candidate(
        workspace, settings.model.name, arguments.model, arguments.validation_data, origin, settings.service
    )
    publish(run, candidate, arguments.candidate)
    print(f"{candidate.model} {'was registered before' if candidate.reused else 'registered'}: {candidate.signature}")


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    run_script(main)
