"""Registered models as the page shows them, those that SDK v2 alone has among them."""

from dataclasses import dataclass

from azureml_emulator.azure.arm.assets.containers import name_of
from azureml_emulator.azure.assets.models.registry import OF_SDK_V2
from azureml_emulator.state.store import Store
from azureml_emulator.studio.contents.links import Fact, facts
from azureml_emulator.studio.contents.moments import shown
from azureml_emulator.studio.contents.shapes import mapping
from azureml_emulator.wire import Document

_ABOUT = ("verdict", "measured", "task", "input", "size")


@dataclass(frozen=True)
class Version:
    id: str
    version: str
    created: str
    description: str
    about: list[Fact]
    """Of its tags those that a person looks for first."""
    tags: list[Fact]
    """The others."""
    properties: list[Fact]
    type: str
    """As SDK v2 says it: nothing for a model that it was never told of."""
    is_archived: bool
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
    services, of_v2 = store.all("service"), {_key(one): one for one in store.all(OF_SDK_V2)}
    documents = store.all("model")
    known = {one["id"] for one in documents}
    documents += [_as_in_v1(key, one) for key, one in of_v2.items() if key not in known and not _is_anonymous(one)]
    versions: dict[str, list[Version]] = {}
    documents.sort(key=lambda one: str(one["createdTime"]))
    for document in reversed(documents):
        said = mapping(of_v2.get(document["id"], {}).get("properties"))
        versions.setdefault(document["name"], []).append(_version(store, document, said, services))
    return [Model(name, versions[name]) for name in sorted(versions)]


def _key(version: Document) -> str:
    return f"{name_of(version)}:{version['name']}"


def _is_anonymous(version: Document) -> bool:
    return bool(version["properties"].get("isAnonymous"))


def _as_in_v1(key: str, version: Document) -> Document:
    said = version["properties"]
    own = {"kvTags": said["tags"], "properties": said["properties"], "description": said.get("description")}
    own |= {"name": name_of(version), "version": version["name"], "createdTime": version["systemData"]["createdAt"]}
    return {"id": key, "runId": said.get("jobName")} | own


def _version(store: Store, document: Document, in_v2: Document, services: list[Document]) -> Version:
    run = document["runId"] if store.find("run", str(document["runId"])) else None
    tags = facts(store, document["kvTags"])
    used_in = [one["name"] for one in services if document["id"] in [model["id"] for model in one["models"]]]
    return Version(
        id=document["id"],
        version=str(document["version"]),
        created=shown(document["createdTime"]),
        description=str(document["description"] or ""),
        about=[fact for name in _ABOUT for fact in tags if fact.name == name],
        tags=[fact for fact in tags if fact.name not in _ABOUT],
        properties=facts(store, document["properties"]),
        type=str(in_v2.get("modelType") or ""),
        is_archived=bool(in_v2.get("isArchived")),
        run=run,
        services=used_in,
    )
