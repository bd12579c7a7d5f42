"""The classes' names that a service's description has, for an answer that names none but the likeliest."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus

from starlette.applications import Starlette

from azureml_emulator.studio.contents.shapes import mapping, mappings
from azureml_emulator.studio.service.asking import Reply, ask_description
from azureml_emulator.wire import Document

_SECONDS = 2.0
"""An answer that is there already doesn't wait longer for its names."""
_MOST_NODES = 100_000


class ClassNames:
    """What each service's description names. It is asked once by each rollout: a question is a line in its log."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[object, tuple[str, ...]]] = {}

    async def of(self, app: Starlette, service: Document, rollout: object) -> tuple[str, ...]:
        """In the order of the classes; nothing where the service names none, or not in time."""
        known = self._known.get(service["name"])
        if known and known[0] == rollout:
            return known[1]
        try:
            said = await asyncio.wait_for(ask_description(app, service, "3"), _SECONDS)
        except asyncio.TimeoutError:
            return ()
        names = class_names(said.body) if said.status == HTTPStatus.OK else ()
        self._known[service["name"]] = rollout, names
        return names


def class_names(body: bytes) -> tuple[str, ...]:
    """From a description that may say anything, or be none: the values of `label` beside `probabilities`."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    for properties in _properties(document):
        listed = mapping(mapping(mapping(properties.get("top")).get("items")).get("properties"))
        for label in (listed.get("label"), properties.get("label")):
            names = mapping(label).get("enum")
            if "probabilities" in properties and isinstance(names, list) and names:
                return tuple(map(str, names))
    return ()


def _properties(document: object) -> Iterator[Document]:
    """Of every schema of an object, wherever it stands."""
    nodes, seen = [document], 0
    while nodes and seen < _MOST_NODES:
        node, seen = nodes.pop(), seen + 1
        if found := mapping(mapping(node).get("properties")):
            yield found
        nodes += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()


def with_names(reply: Reply, names: Sequence[str]) -> Reply:
    """The reply, with each of the probabilities beside its class's name where there are as many of both."""
    try:
        document = mapping(json.loads(reply.body)) if names else {}
    except (ValueError, RecursionError):
        return reply
    answers = [document, *mappings(document.get("predictions")), *mappings(document.get("outputs"))]
    unnamed = [one for one in answers if "top" not in one and _are_as_many(one.get("probabilities"), names)]
    for answer in unnamed:
        columns = enumerate(zip(names, answer["probabilities"], strict=True))
        answer["top"] = [{"class": one, "label": name, "probability": share} for one, (name, share) in columns]
    return replace(reply, body=json.dumps(document).encode()) if unnamed else reply


def _are_as_many(shares: object, names: Sequence[str]) -> bool:
    return isinstance(shares, list) and len(shares) == len(names)
