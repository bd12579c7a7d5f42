"""Ask the live service about files, as any client would: its scoring URI, its key, one POST each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from config.errors import AmlGpuError, WorkspaceError
from config.settings import Settings
from pipelines.live.status import live_service
from steps.querying.bodies import IMAGE, JSON
from steps.querying.client import ScoringClient
from steps.validation.samples.bodies import request_of
from workspaces.workspace import Workspace

JSON_FILE = ".json"
TEXT_FILES = (".txt", ".text")
REQUEST_KEYS = {"instances", "inputs"}
"""Of TensorFlow Serving's forms of a request."""


@dataclass(frozen=True)
class Answer:
    """The service's answer about one file, and what its headers say about who answered."""

    file: str
    body: JsonValue
    """What was answered about an image, or about the one row of a file; of several rows, the whole JSON."""
    model: str
    device: str


def query(workspace: Workspace, settings: Settings, files: Sequence[Path]) -> list[Answer]:
    """Score the files, in their order: images, JSON (.json: a whole request, or one row), texts (.txt).

    AmlGpuError with the service's own words when it refuses one.
    """
    name = settings.service.name
    service = live_service(workspace, settings)
    if not service.scoring_uri:
        raise WorkspaceError(
            f"The service {name} is {service.state} and has no address: see `amlgpu logs {settings.options}`."
        )
    key, _ = workspace.services.keys(name)
    with (
        ScoringClient(service.scoring_uri, key, settings.smoke_test.timeout_seconds, IMAGE) as images,
        ScoringClient(service.scoring_uri, key, settings.smoke_test.timeout_seconds, JSON) as rows,
    ):
        return [_ask(rows if file.suffix.lower() in (JSON_FILE, *TEXT_FILES) else images, name, file) for file in files]


def _ask(client: ScoringClient, service: str, file: Path) -> Answer:
    reply = client.score(body_of(file))
    if not reply.ok:
        raise AmlGpuError(f"{service} didn't score {file}. Its answer was {reply.summary}")
    headers = reply.headers
    model, device = headers.get("amlgpu-model", "unknown"), headers.get("amlgpu-device", "unknown")
    return Answer(str(file), reply.answer, model, device)


def body_of(file: Path) -> bytes:
    """The request that asks about a file: JSON and texts wrapped as one row, unless JSON is a request already.

    AmlGpuError for a file that isn't what its name says.
    """
    content = file.read_bytes()
    suffix = file.suffix.lower()
    try:
        if suffix in TEXT_FILES:
            return request_of(content.decode().rstrip("\r\n"))
        if suffix != JSON_FILE:
            return content
        document = json.loads(content)
        asks = isinstance(document, dict) and document.keys() & REQUEST_KEYS
        return content if asks else request_of(document)
    except ValueError as error:  # of JSON and of UTF-8
        raise AmlGpuError(f"{file}: not what its name says: {error}") from None
