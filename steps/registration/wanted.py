"""The version that a run asks for: a content and a contract. It is found among the registered ones, or registered."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings
from scoring.contract import PROBE_FILE, Contract, write_contract
from steps.registration.findings_kept import KeptFindings
from steps.registration.identity import CONTENT, CONTRACT, contract_hash, contract_tags, wishes_hash
from steps.registration.labels import read_label_names
from steps.registration.looked import look_once
from steps.registration.saved_model import check_start, content_hash, freeze, frozen_hash
from steps.registration.versions import MODEL_FOLDER, find_by_content, register
from steps.rollout.lease import Lease
from steps.rollout.lease_file import MODEL
from steps.validation.samples.bringing import RemoteSamples
from workspaces.models import ModelVersion
from workspaces.workspace import Workspace

FROZEN, NOT_FROZEN = "frozen_hash", "not_frozen"
TAG_CHARACTERS = 200


@dataclass(frozen=True)
class Wanted:
    """A content, and the contract that it is to be served by."""

    content_hash: str
    contract: Contract
    is_default: bool
    """Whether versions of before there were contracts are served by the same."""
    tags: Mapping[str, str]
    """What a version's tags say of the two."""

    def is_met_by(self, version: ModelVersion) -> bool:
        tags = version.tags
        same = tags[CONTRACT] == contract_hash(self.contract) if CONTRACT in tags else self.is_default
        return same and tags.get(CONTENT) == self.content_hash


def read_wanted(
    saved_model: Path,
    settings: Settings,
    called: str,
    validation: Path | RemoteSamples | None,
    kept: KeptFindings | None = None,
) -> Wanted:
    """What the SavedModel and the settings lead to, with what the folder of validation data tells of the two.

    What a run found out before is taken from ``kept``. ModelError, with everything that stands in the way and
    ``called`` for the model, where it can't be served.
    """
    labels, digest = read_label_names(settings.task), content_hash(saved_model)
    looked = look_once(kept, saved_model, digest, settings, labels, validation)
    found = looked.inspection
    if found.contract is None:
        raise found.refusal(Path(called))
    tags = contract_tags(found.contract, found.classes, wishes_hash(settings, labels))
    return Wanted(digest, found.contract, looked.is_default, {CONTENT: digest} | tags)


def find_wanted(workspace: Workspace, name: str, wanted: Wanted) -> ModelVersion | None:
    """The newest such version; not one from before there were frozen graphs: it would stay without for ever."""
    versions = find_by_content(workspace, name, wanted.content_hash)
    return next((one for one in versions if wanted.is_met_by(one) and {FROZEN, NOT_FROZEN} & one.tags.keys()), None)


def register_once(
    workspace: Workspace, settings: Settings, folder: Path, wanted: Wanted, probe: bytes, tags: Mapping[str, str]
) -> tuple[ModelVersion, bool]:
    """Register ``folder``, which holds ``model/``, or find that another run has done so meanwhile; whether it had.

    ``probe`` is the body of a request, which the version keeps; ``tags`` say where it comes from, by ``run_id`` too.
    """
    write_contract(wanted.contract, folder)
    (folder / PROBE_FILE).write_bytes(probe)
    frozen = _frozen(folder / MODEL_FOLDER, wanted.contract, probe)
    name = settings.model.name
    lease = Lease.acquire(workspace, f"{MODEL}{name}", tags["run_id"], settings.service)
    try:
        version = find_wanted(workspace, name, wanted)
        if version:
            return version, True
        return register(workspace, name, folder, {**tags, **wanted.tags, **frozen}), False
    finally:
        lease.give_up()


def _frozen(saved_model: Path, contract: Contract, probe: bytes) -> dict[str, str]:
    """Freeze the SavedModel; the tag that tells the frozen graph's hash, or why there is none."""
    reason = freeze(saved_model, contract, probe)
    digest = frozen_hash(saved_model)
    if digest is None:
        check_start(saved_model, contract, probe)
        print(f"The SavedModel is served as it is: {reason}")
        return {NOT_FROZEN: str(reason)[:TAG_CHARACTERS]}
    return {FROZEN: digest}
