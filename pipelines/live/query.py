"""Ask the live service about files, as any client would: its scoring URI, its key, one POST each."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from config.errors import AmlGpuError, WorkspaceError
from config.settings import Settings
from pipelines.live.status import live_service
from steps.querying.bodies import IMAGE, JSON
from steps.querying.client import Reply, ScoringClient
from steps.validation.samples.bodies import LINE_OF, read_bodies, request_of
from workspaces.workspace import Workspace

JSON_FILE = ".json"
TEXT_FILES = (".txt", ".text")
REQUEST_KEYS = {"instances", "inputs"}
"""Of TensorFlow Serving's forms of a request."""


LARGEST = 100 * 2**20
"""Bytes of a file: no service takes more, whatever its settings (scoring.max_body_megabytes)."""


@dataclass(frozen=True)
class Answer:
    """The service's answer about one file, and what its headers say about who answered."""

    file: str
    body: JsonValue
    """What was answered about an image, or about the one row of a file; of several rows, the whole JSON."""
    model: str
    device: str


@dataclass(frozen=True)
class Unanswered:
    """A file that there is no answer about, and why: what the service said, or what is wrong with the file."""

    file: str
    error: str


def query(workspace: Workspace, settings: Settings, files: Sequence[str]) -> list[Answer | Unanswered]:
    """Score the files, in their order: images, JSON (.json: a whole request, or one row), texts (.txt).

    ``FILE.jsonl:LINE`` is one line of JSON lines. Once nothing comes back, no further file is asked about.
    WorkspaceError when there is no service to ask.
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
        return list(_ask_all(images, rows, files))


def _ask_all(images: ScoringClient, rows: ScoringClient, files: Sequence[str]) -> Iterator[Answer | Unanswered]:
    lost = False
    for file in files:
        if lost:
            yield Unanswered(file, "not asked about: nothing came back before")
            continue
        try:
            body = body_of(file)
        except AmlGpuError as error:
            yield Unanswered(file, str(error).removeprefix(f"{file}: "))
            continue
        reply = (rows if is_json(file) else images).score(body)
        lost = reply.status is None
        yield _answer(file, reply)


def is_json(name: str) -> bool:
    """Whether body_of() makes JSON of it, rather than sending the file as it is."""
    return is_line(name) or Path(name).suffix.lower() in (JSON_FILE, *TEXT_FILES)


def is_line(name: str) -> bool:
    """Whether it is ``FILE.jsonl:LINE``, as validation names its samples, rather than a file that is called so."""
    file = Path(name)
    return LINE_OF.fullmatch(file.name) is not None and not file.exists()


def _answer(file: str, reply: Reply) -> Answer | Unanswered:
    if not reply.ok:
        return Unanswered(file, f"the service's answer was {reply.summary}")
    headers = reply.headers
    model, device = headers.get("amlgpu-model", "unknown"), headers.get("amlgpu-device", "unknown")
    return Answer(file, reply.answer, model, device)


def body_of(name: str) -> bytes:
    """The request that asks about a file: JSON and texts wrapped as one row, unless JSON is a request already.

    Of ``FILE.jsonl:LINE`` that line's input is the row. AmlGpuError for what can't be read, is too large for any
    service, or isn't what its name says.
    """
    file = Path(name)
    if is_line(name):
        (body,) = read_bodies(file.parent, [file.name])
        return body
    try:
        size = file.stat().st_size
        if size > LARGEST:
            raise AmlGpuError(f"{file}: {size:,} bytes, no service takes more than {LARGEST:,}")
        content = file.read_bytes()
    except OSError as error:
        raise AmlGpuError(f"{file}: can't be read: {error.strerror}") from None
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
