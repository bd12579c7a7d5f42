"""What another SDK serves beside the service of a target, and what moving from one to the other means for it."""

from collections.abc import Iterator, Sequence
from typing import Any

from config.settings import Settings
from pipelines.foresight.choice import Choice
from workspaces.errors import RequestError
from workspaces.services import OtherService
from workspaces.workspace import Workspace

PAGE = "docs/v1-to-v2.md"


def services_of_other_sdk(workspace: Workspace, settings: Settings) -> tuple[OtherService, ...]:
    """Those that have the service's name, or serve a version of its model. RequestError where they can't be listed."""
    name, model = settings.service.name, f"{settings.model.name}:"
    found = workspace.services.of_other_sdk()
    return tuple(one for one in found if one.name == name or any(each.startswith(model) for each in one.models))


def told_of_other_sdk(workspace: Workspace, settings: Settings) -> tuple[tuple[OtherService, ...], str | None]:
    """The same, and why they can't be listed: to release by one SDK takes no right to see what the other serves."""
    try:
        return services_of_other_sdk(workspace, settings), None
    except RequestError as error:
        return (), unlisted(workspace, error)


def unlisted(workspace: Workspace, error: RequestError) -> str:
    other = {"v1": "v2", "v2": "v1"}[workspace.sdk]
    return f"what SDK {other} serves can't be listed: {error}"


def moving_over(beside: Sequence[OtherService], choice: Choice, settings: Settings) -> Iterator[str]:
    """What a run of this target leaves as it is, what it makes beside it, and what is to be done at the end."""
    for one in beside:
        serves = ", ".join(one.models) or "no model"
        where = f" at {one.scoring_uri}" if one.scoring_uri else ""
        yield f"SDK {one.sdk} serves {one.name}: {serves}{where}. It stays as it is: nothing of this target touches it."
    if beside and settings.workspace.sdk == "v2":
        yield from _of_v2(beside, choice, settings)


def _of_v2(beside: Sequence[OtherService], choice: Choice, settings: Settings) -> Iterator[str]:
    yield (
        f"With SDK v2 {settings.service.name} is an online endpoint beside it, with its own scoring URI and keys, "
        "which clients have to be given."
    )
    if choice.version:
        same = any(choice.model in one.models for one in beside)
        serves = "the version that SDK v1 serves" if same else "a version that is registered"
        yield f"{choice.model} is {serves}: it is released as it is, and nothing of it is uploaded again."
    names = ", ".join(one.name for one in beside)
    yield (
        f"Once no client asks the old address any more, `amlgpu teardown` with the target of SDK v1 removes {names}: "
        f"{PAGE} has each step, and the ways back."
    )


def shown_service(service: OtherService) -> dict[str, Any]:
    """As `--json` shows it."""
    return {
        "name": service.name,
        "sdk": service.sdk,
        "models": list(service.models),
        "scoring_uri": service.scoring_uri,
    }
