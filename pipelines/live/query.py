"""Ask the live service about images, as any client would: its scoring URI, its key, one POST each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.errors import AmlGpuError, WorkspaceError
from config.settings import Settings
from pipelines.live.status import live_service
from steps.querying.client import ScoringClient
from workspaces.workspace import Workspace


@dataclass(frozen=True)
class Answer:
    """The service's JSON answer about one file, and what its headers say about who answered."""

    file: str
    body: dict[str, Any]
    model: str
    device: str


def query(workspace: Workspace, settings: Settings, images: Sequence[Path]) -> list[Answer]:
    """Score the image files, in their order. AmlGpuError with the service's own words when it refuses one."""
    name = settings.service.name
    service = live_service(workspace, settings)
    if not service.scoring_uri:
        raise WorkspaceError(
            f"The service {name} is {service.state} and has no address: see `amlgpu logs {settings.options}`."
        )
    key, _ = workspace.services.keys(name)
    with ScoringClient(service.scoring_uri, key, settings.smoke_test.timeout_seconds) as client:
        return [_ask(client, name, image) for image in images]


def _ask(client: ScoringClient, service: str, image: Path) -> Answer:
    reply = client.score(image.read_bytes())
    if not reply.ok:
        raise AmlGpuError(f"{service} didn't score {image}. Its answer was {reply.summary}")
    headers = reply.headers
    model, device = headers.get("amlgpu-model", "unknown"), headers.get("amlgpu-device", "unknown")
    return Answer(str(image), reply.answer, model, device)
