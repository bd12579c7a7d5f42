"""Promotes what one workspace has proven to another, by starting the pipeline that is published there."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from config.errors import WorkspaceError
from config.settings import Settings
from pipelines.promotion.bringing import bring, send
from pipelines.promotion.proof import Proof, find_proof
from pipelines.promotion.source import reading
from pipelines.triggers.publish import NotPublished, published_endpoint
from pipelines.triggers.submit import submit_published
from steps.folders.datastore import Progress, unwatched
from steps.registration.identity import CONTRACT, contract_hash
from steps.registration.lineage import PROMOTED_FROM, Lineage, arm_id
from steps.registration.promoted import check_said, contract_folder
from steps.registration.saved_model import content_hash
from steps.registration.versions import find_by_content
from workspaces.models import ModelVersion
from workspaces.workspace import Workspace


@dataclass(frozen=True)
class Promotion:
    """What would be promoted, and what it would meet."""

    source: Settings
    """Of the target that has proven it."""
    proof: Proof
    lineage: Lineage
    known: ModelVersion | None
    """The newest version there with this content and contract, which is used then; None: it is to be registered."""
    serves: tuple[str, ...]
    """``name:version`` of what the service there runs now; empty: there is none."""
    unpublished: WorkspaceError | None
    """Why nothing there can be started with it yet; None: it can."""

    def as_json(self) -> dict[str, Any]:
        return {
            "version": self.proof.version.version,
            PROMOTED_FROM: self.lineage.line,
            "proof": self.proof.as_json(),
            "registered_as": self.known.id if self.known else None,
            "serves": list(self.serves),
            "unpublished": str(self.unpublished) if self.unpublished else None,
        }


def plan_promotion(
    source: Workspace, source_settings: Settings, target: Workspace, settings: Settings, version: int | None
) -> Promotion:
    """What a promotion would do as things are now; changes nothing.

    Raises what promote() would before it begins, but that nothing is published: a publication is on its way, perhaps.
    """
    with reading(source_settings):
        proof = find_proof(source, source_settings, version)
    check_said(proof.contract, settings, f"{proof.version.id} of {source_settings.target}")
    same = find_by_content(target, settings.model.name, proof.verdict.content_hash)
    known = next((one for one in same if one.tags.get(CONTRACT) == contract_hash(proof.contract)), None)
    state = target.services.find(settings.service.name)
    serves, lineage = state.models if state else (), _lineage(proof, source_settings)
    return Promotion(source_settings, proof, lineage, known, serves, _unpublished(target, settings))


def promote(
    source: Workspace, target: Workspace, settings: Settings, promotion: Promotion, progress: Progress = unwatched
) -> str:
    """Copy what was planned, and start the published pipeline of ``settings`` with it; the id of the run there.

    WorkspaceError, and nothing is copied, where no pipeline is published that keeps where a version comes from.
    """
    if promotion.unpublished:
        raise promotion.unpublished
    with TemporaryDirectory() as work:
        with reading(promotion.source):
            brought = bring(source, promotion.proof, Path(work))
        sent = send(target, brought, progress)
    assignments = {
        "model": sent.model,
        "validation_data": sent.validation_data,
        "source": str(promotion.lineage),
        PROMOTED_FROM: promotion.lineage.line,
    }
    return submit_published(target, settings, assignments)


def _unpublished(target: Workspace, settings: Settings) -> WorkspaceError | None:
    """Why no pipeline there keeps where a version comes from; None where one does."""
    try:
        endpoint = published_endpoint(target, settings)
    except NotPublished as error:
        return error
    if PROMOTED_FROM in target.pipelines.parameters_of(endpoint.name):
        return None
    return WorkspaceError(
        f"the pipeline that is published at {endpoint.name} of {target.name} is of before versions could be "
        f"promoted: it has no parameter {PROMOTED_FROM}. Publish it again with `amlgpu publish {settings.options}`"
    )


def _lineage(proof: Proof, source: Settings) -> Lineage:
    """ConfigError where a name is none that Azure has."""
    with TemporaryDirectory() as work:
        contract = content_hash(contract_folder(proof.contract, Path(work) / "contract"))
    version = proof.version
    return Lineage(
        arm_id(source.workspace), version.name, version.version, proof.run_id, proof.verdict.content_hash, contract
    )
