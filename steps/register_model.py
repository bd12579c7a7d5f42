"""Step 1: find or register the model version that asks to be released, and write candidate.json."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import ModelError
from config.settings import Settings, config_hash, load_settings
from scoring.contract import FOLDER, Contract, version_folder
from steps.artifacts.candidate import Candidate, Signature
from steps.folders.datastore import download_folder
from steps.folders.tree import files_in
from steps.registration.contract.validation import COUNT
from steps.registration.findings_kept import KeptFindings
from steps.registration.identity import CONTENT, CONTRACT, WISHES, contract_hash, wishes_hash, wishes_of
from steps.registration.labels import read_label_names
from steps.registration.lineage import PROMOTED_FROM, Lineage, parse_parameter
from steps.registration.promoted import bring_contract, check_claim, read_promoted
from steps.registration.saved_model import content_hash
from steps.registration.versions import (
    MODEL_FOLDER,
    contract_in,
    download_version,
    find_latest,
    find_version,
    mark,
    saved_model_in,
    validation_data_of,
)
from steps.registration.wanted import find_wanted, read_wanted, register_once
from steps.script import git_commit, publish, run_script
from steps.validation.samples.bodies import read_bodies
from steps.validation.samples.bringing import RemoteSamples
from steps.validation.samples.checking import check_samples
from steps.validation.samples.contents import Contents
from steps.validation.samples.loading import list_samples, shortened
from workspaces.models import ModelVersion
from workspaces.opening import current_run
from workspaces.workspace import Workspace

LATEST = "latest"
RECORDED = "-"
UNSAID = "-"


@dataclass(frozen=True)
class Origin:
    """Where this run comes from, as recorded on everything it makes."""

    git_commit: str
    config_hash: str
    run_id: str


@dataclass(frozen=True)
class Asked:
    """What a run is asked to release."""

    model: str
    """``latest``, a version number, or a folder on the default datastore."""
    validation_data: str
    """Such a folder, or ``-`` for the one that the version was registered with."""
    source: str = UNSAID
    """How whoever uploaded the model's folder calls it; ``-`` where nobody did."""
    lineage: Lineage | None = None
    """The version of another workspace that this is said to be."""

    @property
    def called(self) -> str:
        """The model as its owner knows it."""
        return self.model if self.source == UNSAID else self.source


@dataclass(frozen=True)
class Found:
    """A version, with the contract that it is served by."""

    version: ModelVersion
    content_hash: str
    contract: Contract
    reused: bool
    """True when it was registered before this run."""


def find_candidate(
    workspace: Workspace, settings: Settings, asked: Asked, origin: Origin, kept: KeptFindings | None = None
) -> Candidate:
    """The candidate that is asked for, with the contract that the settings and the SavedModel lead to.

    Nothing is registered twice: a folder whose content is registered with this contract is that version. ``latest``
    keeps its contract while the settings say of it what they said then; what they lead to now makes a new version
    otherwise. A version that is asked for by its number keeps its own.
    One that was proven in another workspace has the contract that it was proven with; TamperedError where it is another
    than that. ModelError, with everything that stands in the way, for a model that can't be served. What was found out
    about a model is taken from ``kept``, and kept there.
    """
    with TemporaryDirectory() as work:
        version, settled = _named(workspace, settings, asked.model)
        if version and settled:
            found, samples = _registered(workspace, version, asked, Path(work))
        else:
            found, samples = _wanted(workspace, settings, asked, origin, version, kept, Path(work))
    version = found.version
    return Candidate(
        model_name=version.name,
        model_version=version.version,
        content_hash=found.content_hash,
        frozen_hash=version.tags.get("frozen_hash"),
        signature=Signature.of(found.contract),
        contract=found.contract,
        validation_data=samples,
        source=asked.called,
        reused=found.reused,
        promoted_from=asked.lineage.line if asked.lineage else version.properties.get(PROMOTED_FROM),
        **vars(origin),
    )


def _named(workspace: Workspace, settings: Settings, model: str) -> tuple[ModelVersion | None, bool]:
    """The version that is meant, None for a folder; whether it is served by the contract that it has."""
    name = settings.model.name
    if model.isdecimal():
        return find_version(workspace, name, int(model), settings.options), True
    if model != LATEST:
        return None, False
    latest = find_latest(workspace, name, settings.options)
    return latest, wishes_of(latest.tags) == wishes_hash(settings, read_label_names(settings.task))


def _registered(workspace: Workspace, version: ModelVersion, asked: Asked, work: Path) -> tuple[Found, str]:
    """The version as it was registered, and its validation data."""
    model_dir, digest = _bring(workspace, version, work)
    contract = contract_in(model_dir)
    _check_tag(version, CONTRACT, contract_hash(contract), "its contract has")
    if asked.lineage:
        check_claim(asked.lineage, digest, contract, bring_contract(workspace, asked.lineage, work))
    found = Found(version, digest, contract, reused=True)
    return found, _validation_data(version, asked.validation_data)


def _wanted(
    workspace: Workspace,
    settings: Settings,
    asked: Asked,
    origin: Origin,
    latest: ModelVersion | None,
    kept: KeptFindings | None,
    work: Path,
) -> tuple[Found, str]:
    """The version of that content and of the contract that the settings lead to, and its validation data."""
    name = settings.model.name
    if latest:
        model_dir, _ = _bring(workspace, latest, work)
    else:
        model_dir = work
        download_folder(workspace, asked.model, model_dir / FOLDER / MODEL_FOLDER)
    data = None
    if latest is not None or asked.validation_data != RECORDED:
        data = _samples(workspace, _validation_data(latest, asked.validation_data), work)
    saved_model, lineage = saved_model_in(model_dir), asked.lineage
    if lineage:
        wanted = read_promoted(workspace, settings, saved_model, lineage, work)
    else:
        wanted = read_wanted(saved_model, settings, asked.called, data, kept)
    if latest and data and asked.validation_data == RECORDED:
        _check_recorded(latest, data.contents, wanted.contract)
    version = latest if latest and wanted.is_met_by(latest) else find_wanted(workspace, name, wanted)
    samples, reused = _validation_data(version or latest, asked.validation_data), version is not None
    if version is None:
        tags = {"validation_data": samples, "source": asked.called, "size": _size(saved_model)}
        tags |= {PROMOTED_FROM: lineage.line} if lineage else {}
        probe = _first_request((data or _samples(workspace, samples, work)).contents, wanted.contract)
        version, reused = register_once(workspace, settings, _as_folder(model_dir), wanted, probe, tags | vars(origin))
    elif version.tags.get(WISHES) != wanted.tags[WISHES]:
        # The settings say it in other words than before: `amlgpu plan` knows these too from now on.
        mark(workspace, name, version.version, {WISHES: wanted.tags[WISHES]})
    return Found(version, wanted.content_hash, wanted.contract, reused), samples


def _bring(workspace: Workspace, version: ModelVersion, work: Path) -> tuple[Path, str]:
    """The version as the service sees it, and its content hash. ModelError where that isn't the registered one."""
    model_dir = download_version(workspace, version, work)
    digest = content_hash(saved_model_in(model_dir))
    _check_tag(version, CONTENT, digest, "its files have")
    return model_dir, digest


def _check_tag(version: ModelVersion, tag: str, digest: str, what: str) -> None:
    """ModelError where the version was registered with another hash; one from before the tag has none."""
    if (recorded := version.tags.get(tag, digest)) != digest:
        raise ModelError(f"{version.id}: {what} the hash {digest}, it was registered with {recorded}: register it anew")


def _samples(workspace: Workspace, path: str, work: Path) -> RemoteSamples:
    return RemoteSamples(workspace, path, work / "validation", COUNT)


def _first_request(data: Contents, contract: Contract) -> bytes:
    """The body of the request that asks about the first validation sample. ModelError where there is none."""
    listing = list_samples(data, contract)
    if not listing.samples:
        raise ModelError(shortened(listing.problems))
    return read_bodies(data, [listing.samples[0].name])[0]


def _check_recorded(version: ModelVersion, data: Contents, contract: Contract) -> None:
    """ModelError where the settings have changed so that the samples of before don't suit: others have to be given."""
    if problems := check_samples(data, contract):
        raise ModelError(
            f"by the settings as they are now, the samples that {version.id} was registered with don't suit it: give "
            f"others with --validation-data DIR and the model with --model DIR, or take the change back:\n"
            f"{shortened(problems)}"
        )


def _size(saved_model: Path) -> str:
    """As in ``1.3 MB``, or ``29.1 kB``."""
    size = sum(file.stat().st_size for file in files_in(saved_model).values())
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def _as_folder(model_dir: Path) -> Path:
    """The folder to register; what was registered without a contract is moved into one."""
    folder = model_dir / FOLDER
    if version_folder(model_dir) != folder:
        folder.mkdir()
        (model_dir / MODEL_FOLDER).rename(folder / MODEL_FOLDER)
    return folder


def _validation_data(version: ModelVersion | None, given: str) -> str:
    if given != RECORDED:
        return given
    recorded = validation_data_of(version) if version else None
    if not recorded:
        which = f"{version.id} has none on record" if version else "this model isn't registered yet"
        raise ModelError(f"--validation-data: none given, and {which}: pass a folder of validation data")
    return recorded


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--validation-data", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--promoted-from", required=True)
    parser.add_argument("--candidate", required=True, type=Path)
    arguments = parser.parse_args()
    settings, run = load_settings(), current_run()
    origin = Origin(git_commit(), config_hash(settings), run.pipeline_run_id)
    run.tag({"service": settings.service.name})  # also of a run that is refused below
    lineage = parse_parameter(arguments.promoted_from)
    asked = Asked(arguments.model, arguments.validation_data, arguments.source, lineage)
    candidate = find_candidate(run.workspace, settings, asked, origin, KeptFindings(run))
    run.tag({"model": candidate.model} | ({PROMOTED_FROM: str(lineage)} if lineage else {}))
    publish(run, candidate, arguments.candidate)
    print(f"{candidate.model} {'was registered before' if candidate.reused else 'registered'}: {candidate.signature}")


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    run_script(main)
