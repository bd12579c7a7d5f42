"""What a run would change, compared with what is live. Changes nothing itself."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import yaml

from config.errors import AmlGpuError
from config.settings import Settings, config_hash
from pipelines.foresight.advice import find_advice
from pipelines.foresight.choice import Choice, choose
from pipelines.foresight.obstacles import Proposal, as_one_error, find_obstacles
from pipelines.live.moving import moving_over, shown_service, told_of_other_sdk
from pipelines.source.checkout import source_commit
from pipelines.triggers.schedule import find_schedules, recurrence_of
from steps.registration.identity import describe
from steps.registration.versions import live_version
from steps.rollout.configuration import service_config_hash
from steps.rollout.lease_file import Claim, LeaseFile, who_is
from steps.rollout.resources import compare_resources
from steps.scoring_environment import ROOT, scoring_environment
from steps.scoring_source import scoring_hash
from workspaces.services import HEALTHY, OtherService, ServiceState
from workspaces.workspace import Workspace

Verb = Literal["run", "publish", "schedule create"]
SHORT = 12
PROVEN = "proven"


@dataclass(frozen=True)
class Item:
    """One thing as it is and as it would be; ``by`` is the verb that would change it."""

    name: str
    live: str | None
    wanted: str | None
    by: Verb = "run"

    @property
    def changes(self) -> bool:
        return self.live != self.wanted


@dataclass(frozen=True)
class StepPlan:
    """Whether a step of the next run would change anything, and why."""

    step: str
    works: bool
    why: str


@dataclass(frozen=True)
class Plan:
    items: tuple[Item, ...]
    packages: tuple[str, ...]
    """What package_diff() says of the live environment and the wanted one."""
    steps: tuple[StepPlan, ...]
    held_by: str | None
    """Who works on the service just now: what is live may change; None: nobody."""
    advice: tuple[str, ...] = ()
    """What stops no run, and should be known; a sentence each."""
    of_other_sdk: tuple[OtherService, ...] = ()
    """The services that another SDK serves in the same workspace, of this name or of this model."""
    refusal: AmlGpuError | None = None
    """What a run would be refused for before it starts; None: nothing that can be told by now."""

    @property
    def changes(self) -> bool:
        """Whether a run would change what is live. What other verbs would change is for them to say."""
        return any(item.changes for item in self.items if item.by == "run")

    def as_json(self) -> dict[str, Any]:
        items = [asdict(item) | {"changes": item.changes} for item in self.items]
        return {"changes": self.changes, "held_by": self.held_by, "items": items} | {
            "refusal": str(self.refusal) if self.refusal else None,
            "packages": list(self.packages),
            "advice": list(self.advice),
            "of_other_sdk": [shown_service(one) for one in self.of_other_sdk],
            "steps": [asdict(step) for step in self.steps],
        }


def make_plan(workspace: Workspace, settings: Settings, model: str, proposal: Proposal) -> Plan:
    """Compare what `amlgpu run --model MODEL` would bring with what is live; nothing is uploaded or registered.

    ``model`` is a folder here, a version number, or ``latest``. Raises ModelError when there is no such model,
    ConfigError when ``model`` is none of these.
    """
    choice = choose(workspace, settings, model, proposal.validation_data)
    name = settings.service.name
    state, lease = workspace.services.find(name), LeaseFile(workspace, name)
    _, claim = lease.read()
    held_by = lease.holder_of(claim)
    items = (
        *_service_items(workspace, state, choice, settings),
        *([proven_item(workspace, state, claim, held_by)] if state else []),
        _endpoint_item(workspace, settings),
        _schedule_item(workspace, settings),
    )
    obstacles = find_obstacles(workspace, settings, choice, proposal)
    beside, unlisted = told_of_other_sdk(workspace, settings)
    advice = [f"{unlisted[0].upper()}{unlisted[1:]}"] if unlisted else []
    return Plan(
        items,
        _package_diff(workspace, state, settings),
        _steps(choice, state, items),
        held_by,
        (*advice, *moving_over(beside, choice, settings), *find_advice(workspace, settings, state, held_by)),
        beside,
        as_one_error(obstacles) if obstacles else None,
    )


def _service_items(workspace: Workspace, state: ServiceState | None, choice: Choice, settings: Settings) -> list[Item]:
    """What decides whether deploy_service leaves the service alone, and what it would set."""
    tags = state.tags if state else {}
    precision = tags.get("precision") if settings.scoring.precision == "auto" else None
    return [
        Item("service", settings.service.name if state else None, settings.service.name),
        Item("state", state.state if state else None, HEALTHY),
        Item("model", ", ".join(state.models) if state else None, choice.model),
        _contract_item(workspace, state, choice),
        Item("model hash", _short(tags.get("model_hash")), _short(choice.content_hash)),
        Item("environment", tags.get("environment"), scoring_environment(settings, precision).name),
        Item("scoring code", _short(tags.get("scoring_hash")), _short(scoring_hash(ROOT))),
        Item("service settings", tags.get("service_config_hash"), service_config_hash(settings)),
        *(Item(one.name, one.live, one.wanted) for one in compare_resources(workspace, state, settings)),
    ]


def _contract_item(workspace: Workspace, state: ServiceState | None, choice: Choice) -> Item:
    """What the model takes and answers; labels and thresholds are of it, so changing them makes a new version."""
    live = live_version(workspace, state) if state else None
    if choice.refusal:
        wanted: str | None = "none: it can't be served"
    elif choice.version is None and not choice.tags:
        wanted = "as input and task of the settings now say"
    else:
        wanted = describe(choice.version.tags if choice.version else choice.tags)
    return Item("contract", describe(live.tags) if live else None, wanted)


def proven_item(workspace: Workspace, state: ServiceState, claim: Claim | None, held_by: str | None) -> Item:
    """Whether a smoke test has passed on what is live; ``claim`` is what the lease's blob says."""
    if claim is None or claim.before is None or claim.before.is_still(state):
        return Item(PROVEN, "yes", "yes")
    run_id = state.tags.get("run_id", "unknown")
    going = held_by is not None if claim.holder else not workspace.runs.has_ended(run_id)
    who = who_is(claim.holder or run_id)
    return Item(PROVEN, f"no: {who} is at it" if going else f"no: {who} ended without proving it", "yes")


def _endpoint_item(workspace: Workspace, settings: Settings) -> Item:
    endpoint = workspace.pipelines.endpoint(settings.pipeline.endpoint)
    live = workspace.pipelines.default_of(endpoint.name) if endpoint else None
    return Item("endpoint default", live, f"{source_commit().name}+{config_hash(settings)}", "publish")


def _schedule_item(workspace: Workspace, settings: Settings) -> Item:
    found = find_schedules(workspace, settings)
    live = str(found[0].recurrence) if found and found[0].recurrence else None
    return Item("schedule", live, str(recurrence_of(settings.schedule)), "schedule create")


def _package_diff(workspace: Workspace, state: ServiceState | None, settings: Settings) -> tuple[str, ...]:
    if state is None or state.environment is None:
        return ()
    live = workspace.environments.find(state.environment, state.environment_version)
    return package_diff(live.conda, scoring_environment(settings).conda)


def package_diff(live: str, wanted: str) -> tuple[str, ...]:
    """Lines of the one conda specification that the other hasn't, with - or + before them; without their hashes."""
    before, after = (_packages(yaml.safe_load(conda)) for conda in (live, wanted))
    lines = [*((line, "-") for line in before - after), *((line, "+") for line in after - before)]
    return tuple(f"{sign} {line}" for line, sign in sorted(lines))


def _packages(conda: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for entry in conda.get("dependencies", []):
        if isinstance(entry, dict):
            found |= {f"pip: {one.partition(' --hash=')[0]}" for one in entry["pip"]}
        else:
            found.add(str(entry))
    return found


def _steps(choice: Choice, state: ServiceState | None, items: Sequence[Item]) -> tuple[StepPlan, ...]:
    changed = [item.name for item in items if item.changes and item.by == "run" and item.name != PROVEN]
    proven = all(item.live == item.wanted for item in items if item.name == PROVEN)
    registers = choice.version is None
    return (
        StepPlan(
            "register_model",
            registers,
            "no version has this content and contract yet"
            if registers
            else f"the same content is {choice.model} already",
        ),
        StepPlan("validate_model", False, "every run measures the candidate again; only reports are written"),
        StepPlan(
            "deploy_service",
            bool(changed),
            f"{'creates' if state is None else 'updates'} the service: {', '.join(changed)}"
            if changed
            else "the service runs exactly this",
        ),
        StepPlan(
            "smoke_test",
            not proven,
            "every run asks the live service; it puts back what fails" if proven else "nobody has proven what is live",
        ),
    )


def _short(digest: str | None) -> str | None:
    return digest and digest[:SHORT]
