"""A version that was proven in another workspace: its contract comes with it, and what is claimed of it is compared."""

from pathlib import Path

from config.errors import ModelError, TamperedError
from config.settings import Settings
from scoring.contract import FILE, Contract, read_contract, write_contract
from steps.folders.datastore import download_folder
from steps.registration.agreement import as_said, differences
from steps.registration.identity import CONTENT, contract_tags, wishes_hash
from steps.registration.labels import read_label_names
from steps.registration.lineage import Lineage
from steps.registration.saved_model import content_hash
from steps.registration.wanted import Wanted
from workspaces.workspace import Workspace

CONTRACTS = "contracts"
"""Kind of folders that hold a contract alone, by its content: see steps.folders.datastore.upload_folder()."""


def contract_folder(contract: Contract, folder: Path) -> Path:
    """Write the contract into the empty ``folder``, which is to be uploaded as one of CONTRACTS."""
    folder.mkdir(parents=True)
    write_contract(contract, folder)
    return folder


def read_promoted(workspace: Workspace, settings: Settings, saved_model: Path, lineage: Lineage, work: Path) -> Wanted:
    """The version to register: of this very content, with the contract that it was proven with.

    TamperedError where the content is another than the lineage names; ModelError where the settings say otherwise of
    the model than that contract.
    """
    digest = content_hash(saved_model)
    contract = bring_contract(workspace, lineage, work)
    check_claim(lineage, digest, contract, contract)
    check_said(contract, settings, str(lineage))
    labels = read_label_names(settings.task)
    tags = contract_tags(contract, _count(contract), wishes_hash(settings, labels))
    return Wanted(digest, contract, is_default=False, tags={CONTENT: digest} | tags)


def bring_contract(workspace: Workspace, lineage: Lineage, work: Path) -> Contract:
    """The contract that the lineage names. ModelError where it isn't on the datastore, or can't be read."""
    path = f"amlgpu/{CONTRACTS}/{lineage.contract_hash}"
    folder = download_folder(workspace, path, work / CONTRACTS, only=(FILE,))
    if content_hash(folder) != lineage.contract_hash:
        raise TamperedError(f"{path}/{FILE} isn't what was uploaded there: promote {lineage} again")
    try:
        contract = read_contract(folder)
    except ValueError as error:
        raise ModelError(f"{path}/{FILE} can't be read: {error}") from None
    if contract is None:
        raise ModelError(f"{path} holds no {FILE}: promote {lineage} again")
    return contract


def check_claim(lineage: Lineage, content: str, contract: Contract, proven: Contract) -> None:
    """TamperedError unless the version's content and contract are those that the lineage names."""
    if content != lineage.content_hash:
        raise TamperedError(
            f"the model has the content {content}, and {lineage} had {lineage.content_hash}: it isn't that version, so "
            "nothing is registered under its name: promote it again"
        )
    if contract != proven:
        raise TamperedError(
            f"the version has another contract than {lineage}: {differences(contract, proven, 'here', 'there')}: "
            "promote it again"
        )


def check_said(contract: Contract, settings: Settings, proven: str) -> None:
    """ModelError where the settings say of the model what the contract, which ``proven`` has, doesn't."""
    said = as_said(contract, settings, read_label_names(settings.task))
    if said != contract:
        told = differences(contract, said, "was proven", f"is what {settings.target}'s settings say")
        raise ModelError(
            f"{proven} was proven with another contract than the service's file {settings.service_file} leads to on "
            f"{settings.target}: {told}: let the file say the same of input and task for both targets, or release the "
            "model on the first target as the file says"
        )


def _count(contract: Contract) -> int | None:
    """Classes, labels or values, as infer_task() counts them; None where they aren't known."""
    task = contract.task
    if task.kind in ("binary", "tensors"):
        return 2 if task.kind == "binary" else None
    shape = task.outputs[0].shape
    return 1 if len(shape) == 1 else shape[1] if len(shape) == 2 else None
