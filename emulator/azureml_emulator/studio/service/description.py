"""What a service's swagger.json, in version 2 or 3 of OpenAPI, says about the body of a request."""

import asyncio
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette

from azureml_emulator.azure.services.routing.paths import scoring_path
from azureml_emulator.studio.contents.shapes import mapping, mappings
from azureml_emulator.studio.service.asking import Reply, ask_description
from azureml_emulator.wire import Document

_SECONDS = 2.0
"""A page doesn't wait longer for both versions: a replica that answers one request at a time may be at another."""
_AGAIN_SECONDS = 60.0
"""A page that follows a service is fetched every few seconds, and would keep a busy replica busy by its questions."""
_LONGEST = 20_000
"""Characters of an example that a page shows."""
_DEEPEST = 8
JSON = "application/json"


@dataclass(frozen=True)
class Takes:
    """Nothing of either where the service doesn't say it."""

    media_types: tuple[str, ...] = ()
    example: str = ""
    """A whole body, as JSON."""

    @property
    def images(self) -> bool:
        return any(media_type.startswith("image/") for media_type in self.media_types)


@dataclass(frozen=True)
class _Known:
    rollout: object
    said: Takes
    until: float
    """By the clock, in seconds."""


class Descriptions:
    """What each service said. It is asked once by each rollout: a question is a line in its log."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._known: dict[str, _Known] = {}
        self._clock = clock

    async def takes(self, app: Starlette, service: Document, rollout: object) -> Takes:
        """Nothing where the service says nothing, or not in time: then it is asked again only after a while."""
        known = self._known.get(scoring_path(service))
        if known and known.rollout == rollout and self._clock() < known.until:
            return known.said
        try:
            answers = await asyncio.wait_for(_ask(app, service), _SECONDS)
        except asyncio.TimeoutError:
            answers = []
        said = max((described(one.body) for one in answers if one.status == HTTPStatus.OK), key=_rank, default=Takes())
        is_final = bool(answers) and all(one.status < HTTPStatus.INTERNAL_SERVER_ERROR for one in answers)
        until = math.inf if is_final or said != Takes() else self._clock() + _AGAIN_SECONDS
        self._known[scoring_path(service)] = _Known(rollout, said, until)
        return said


async def _ask(app: Starlette, service: Document) -> list[Reply]:
    return [await ask_description(app, service, version) for version in ("3", "2")]


def _rank(said: Takes) -> int:
    """How much it tells: what the inference server makes up by itself tells the least."""
    return 2 if said.example or said.images else bool(said.media_types)


def described(body: bytes) -> Takes:
    """From a description that may say anything, or be none."""
    try:
        document = mapping(json.loads(body))
    except (ValueError, RecursionError):
        return Takes()
    posts = [post for path in mapping(document.get("paths")).values() if (post := mapping(mapping(path).get("post")))]
    return max((_of_operation(document, post) for post in posts), key=_rank, default=Takes())


def _of_operation(document: Document, post: Document) -> Takes:
    content = mapping(_resolved(document, post.get("requestBody")).get("content"))
    if not content:
        bodies = [one for one in mappings(post.get("parameters")) if one.get("in") == "body"]
        consumes = post.get("consumes") or document.get("consumes") or [JSON]
        content = dict.fromkeys(map(str, consumes if isinstance(consumes, list) else []), bodies[0]) if bodies else {}
    examples = (_example(document, mapping(one)) for name, one in content.items() if name.partition(";")[0] == JSON)
    return Takes(tuple(content), next(filter(None, examples), ""))


def _example(document: Document, media: Document) -> str:
    """As JSON; nothing for one that is empty, as those are that the inference server makes up."""
    schema = _resolved(document, media.get("schema"))
    named = [mapping(one).get("value") for one in mapping(media.get("examples")).values()]
    listed = schema.get("examples")
    given = [media.get("example"), *named, schema.get("example"), *(listed if isinstance(listed, list) else [])]
    found: Any = next((one for one in given if one not in (None, {}, [], "")), None)
    text = "" if found is None else json.dumps(found, ensure_ascii=False)
    return text if len(text) <= _LONGEST else ""


def _resolved(document: Document, value: object) -> Document:
    """What a ``$ref`` within the document leads to."""
    found = mapping(value)
    for _ in range(_DEEPEST):
        reference = found.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        found = document
        for key in reference[2:].split("/"):
            found = mapping(found.get(key.replace("~1", "/").replace("~0", "~")))
    return found
