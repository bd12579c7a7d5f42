"""Registered models as the page shows them."""

from dataclasses import dataclass

from azureml_emulator.state.store import Store
from azureml_emulator.studio.contents.links import Fact, facts
from azureml_emulator.studio.contents.moments import shown
from azureml_emulator.wire import Document

_ABOUT = ("verdict", "measured", "task", "input", "size")


@dataclass(frozen=True)
class Version:
    id: str
    version: int
    created: str
    description: str
    about: list[Fact]
    """Of its tags those that a person looks for first."""
    tags: list[Fact]
    """The others."""
    properties: list[Fact]
    run: str | None
    services: list[str]
    """Where it is deployed."""


@dataclass(frozen=True)
class Model:
    name: str
    versions: list[Version]
    """Newest first."""


def models(store: Store) -> list[Model]:
    """By name."""
    services = store.all("service")
    versions: dict[str, list[Version]] = {}
    for document in reversed(store.all("model")):
        versions.setdefault(document["name"], []).append(_version(store, document, services))
    return [Model(name, versions[name]) for name in sorted(versions)]


def _version(store: Store, document: Document, services: list[Document]) -> Version:
    run = document["runId"] if store.find("run", str(document["runId"])) else None
    tags = facts(store, document["kvTags"])
    used_in = [one["name"] for one in services if document["id"] in [model["id"] for model in one["models"]]]
    return Version(
        id=document["id"],
        version=document["version"],
        created=shown(document["createdTime"]),
        description=str(document["description"] or ""),
        about=[fact for name in _ABOUT for fact in tags if fact.name == name],
        tags=[fact for fact in tags if fact.name not in _ABOUT],
        properties=facts(store, document["properties"]),
        run=run,
        services=used_in,
    )
