"""What would stop a run later, found before anything is uploaded: all of it, the root cause first."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.errors import AmlGpuError, ConfigError, DeploymentError, ModelError
from config.settings import Settings
from pipelines.foresight.choice import Choice
from steps.registration.identity import CONTRACT, VALUES
from steps.registration.versions import find_by_content, live_version
from steps.rollout.cluster import check_room, find_cluster, held_by_others
from steps.validation.samples.checking import check_samples
from steps.validation.samples.loading import shortened
from steps.validation.tasks import judge_of
from workspaces.models import ModelVersion
from workspaces.workspace import Workspace

COMPARED = {"task": "task", "classes": "number of classes", VALUES: "number of values"}
"""Tags of a version that make it another service where they differ; other names of as many classes may be a mend."""


@dataclass(frozen=True)
class Proposal:
    """What a run is asked for beside the model."""

    validation_data: Path | None = None
    sample_count: int | None = None
    """None: as the settings say."""
    forced: bool = False
    """Whether somebody gave a reason to deploy without BLESSED."""
    provisions: bool = False
    """Whether the run makes the cluster where there is none, as a local one does."""
    starts: bool = False
    """Whether the run starts now; a plan may leave the validation data out."""


def find_obstacles(workspace: Workspace, settings: Settings, choice: Choice, proposal: Proposal) -> list[AmlGpuError]:
    """Everything about model, samples, service and cluster that would fail a later step."""
    state = workspace.services.find(settings.service.name)
    return [
        *([choice.refusal] if choice.refusal else []),
        *of_no_samples(find_by_content(workspace, settings.model.name, choice.content_hash), choice, proposal),
        *of_compilation(choice, settings),
        *of_samples(choice, proposal, settings),
        *of_thresholds(choice, proposal, settings),
        *of_service(live_version(workspace, state) if state else None, choice, proposal, settings),
        *_of_cluster(workspace, proposal, settings),
    ]


def as_one_error(obstacles: Sequence[AmlGpuError]) -> AmlGpuError:
    """One error with a line for each obstacle, of the kind of the first."""
    first, *rest = obstacles
    if not rest:
        return first
    lines = [textwrap.indent(str(each), "  ").replace("  ", "- ", 1) for each in obstacles]
    return type(first)("\n".join([f"{len(obstacles)} things stand in the way:", *lines]))


def of_no_samples(registered: Sequence[ModelVersion], choice: Choice, proposal: Proposal) -> Iterator[AmlGpuError]:
    """None are given, and no version of this content is ``registered``, with which some would be recorded."""
    new = choice.contract is not None and choice.version is None and not registered
    if new and proposal.starts and proposal.validation_data is None:
        yield ConfigError(
            "--validation-data: none given, and this model isn't registered yet: pass a folder of validation data"
        )


def of_compilation(choice: Choice, settings: Settings) -> Iterator[AmlGpuError]:
    """That XLA would compile for each shape that requests choose; no service starts so, and none can be forced to."""
    form = choice.contract.input if choice.contract and settings.scoring.xla else None
    if form and form.free:
        mend = "set input.size" if form.kind == "image" else "export the model with fixed ones"
        names = ", ".join(tensor.name for tensor in form.free)
        yield ConfigError(
            f"scoring.xla compiles the model anew for each shape, and requests choose that of {names}: set "
            f"scoring.xla to false, or {mend}"
        )


def of_samples(choice: Choice, proposal: Proposal, settings: Settings) -> Iterator[AmlGpuError]:
    """Too few of them, unreadable ones, and labels that the model can't give."""
    minimum = 0 if proposal.forced else settings.validation.minimum_samples
    count = settings.validation.sample_count if proposal.sample_count is None else proposal.sample_count
    if 0 < count < minimum:
        yield ConfigError(
            f"{count} samples are to be scored, validation.minimum_samples is {minimum}: the verdict would be "
            "UNDECIDED; raise --sample-count or validation.sample_count, or give a reason with --force"
        )
    # Without a contract nobody knows what a sample has to be.
    known = choice.contract is not None or (choice.version is not None and CONTRACT not in choice.version.tags)
    if proposal.validation_data is not None and known:
        problems = check_samples(proposal.validation_data, choice.contract, minimum)
        if problems:
            yield ModelError(shortened(problems))


def of_thresholds(choice: Choice, proposal: Proposal, settings: Settings) -> Iterator[AmlGpuError]:
    """That nothing says what is good enough, which leaves every candidate UNDECIDED."""
    if choice.contract is None or proposal.forced:
        return
    bounds = judge_of(choice.contract, settings.validation).bounds(settings.validation)
    if all(bound.value is None for bound in bounds):
        keys = " or ".join(f"validation.{bound.setting}" for bound in bounds)
        yield ConfigError(
            f"no threshold is set of a {choice.contract.task.kind} model, so the verdict would be UNDECIDED: write "
            f"{keys} into the service's file, or give a reason with --force"
        )


def of_service(
    live: ModelVersion | None, choice: Choice, proposal: Proposal, settings: Settings
) -> Iterator[AmlGpuError]:
    """That the service runs ``live``, which answers something else; nothing where either's contract isn't known."""
    if live is None or proposal.forced:
        return
    differing = [
        f"its {what} is {live.tags[key]}, not {choice.tags[key]}"
        for key, what in COMPARED.items()
        if _differ(key, live.tags, choice.tags)
    ]
    if differing:
        yield DeploymentError(
            f"the service {settings.service.name} serves {live.id}, which answers something else than this model: "
            f"{', and '.join(differing)}. Give this one a service file of its own and name it with --service; where "
            "the clients of this service are to get it, give a reason with --force"
        )


def _differ(key: str, live: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return key in live and key in wanted and live[key] != wanted[key]


def _of_cluster(workspace: Workspace, proposal: Proposal, settings: Settings) -> Iterator[AmlGpuError]:
    if proposal.provisions and workspace.computes.find(settings.cluster.name) is None:
        return
    try:
        room_of_cluster(workspace, settings)
    except AmlGpuError as error:
        yield error


def room_of_cluster(workspace: Workspace, settings: Settings) -> list[str]:
    """What may be too scarce there, a sentence each. DeploymentError for what certainly is, or where there is none."""
    cluster = find_cluster(workspace, settings)
    return check_room(cluster, held_by_others(workspace, cluster, settings), settings)
