"""Copies a proven version's files from one workspace to another: what comes is compared before any of it is sent on."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

from config.errors import AmlGpuError, ModelError, TamperedError
from pipelines.promotion.proof import Proof
from scoring.hashing.version_hash import version_hash
from steps.folders.datastore import SAMPLES, Progress, download_folder, list_folder, upload_folder
from steps.registration.promoted import CONTRACTS, contract_folder
from steps.registration.saved_model import FROZEN_FOLDER, content_hash
from steps.registration.versions import check_files, contract_in, download_version, saved_model_in
from workspaces.workspace import Workspace

LARGEST_MODEL, LARGEST_DATA = 64 * 2**30, 256 * 2**30
"""Bytes: more than anything that is served or validated here, and less than would fill a disk unnoticed."""


@dataclass(frozen=True)
class Brought:
    """Folders on this machine."""

    saved_model: Path
    contract: Path
    validation_data: Path


@dataclass(frozen=True)
class Sent:
    """Folders on the other workspace's datastore, each by its content."""

    model: str
    validation_data: str


def bring(source: Workspace, proof: Proof, work: Path) -> Brought:
    """The version, its contract and its validation data, in ``work``. TamperedError where a file isn't what was proven.

    The frozen graph stays behind: the other workspace makes its own, and validates that.
    """
    _check_room(source, proof)
    saved_model = _bring_version(source, proof, work)
    data = download_folder(source, proof.candidate.validation_data, work / "validation")
    shutil.rmtree(saved_model / FROZEN_FOLDER, ignore_errors=True)
    return Brought(saved_model, contract_folder(proof.contract, work / "contract"), data)


def send(target: Workspace, brought: Brought, progress: Progress) -> Sent:
    upload_folder(target, brought.contract, CONTRACTS)
    model = upload_folder(target, brought.saved_model, "models", progress)
    return Sent(model, upload_folder(target, brought.validation_data, SAMPLES, progress))


def _bring_version(source: Workspace, proof: Proof, work: Path) -> Path:
    """The SavedModel, once all files of the version were compared with its property and with the verdict."""
    version, verdict = proof.version, proof.verdict
    model_dir = download_version(source, version, work)
    check_files(version, version_hash(model_dir), proof.version_hash, "the validated ones had")
    saved_model = saved_model_in(model_dir)
    if (found := content_hash(saved_model)) != verdict.content_hash:
        raise TamperedError(
            f"{version.id}: its SavedModel has the hash {found}, the validated one {verdict.content_hash}"
        )
    if contract_in(model_dir) != proof.contract:
        raise TamperedError(f"{version.id}: its contract isn't the one that the run {proof.run_id} recorded")
    return saved_model


def _check_room(source: Workspace, proof: Proof) -> None:
    """ModelError for more than is ever brought; AmlGpuError where it doesn't fit onto the disk."""
    model = source.models.size(proof.version)
    data = sum(list_folder(source, proof.candidate.validation_data).values())
    for what, size, most in ((proof.version.id, model, LARGEST_MODEL), ("its validation data", data, LARGEST_DATA)):
        if size > most:
            raise ModelError(
                f"{what} has {size:,} bytes: no more than {most:,} are brought from one workspace to another"
            )
    free = shutil.disk_usage(gettempdir()).free
    if model + data > free:
        raise AmlGpuError(
            f"{gettempdir()} has {free:,} bytes free, {proof.version.id} and its validation data need "
            f"{model + data:,}: make room there, or name another folder with TMPDIR"
        )
