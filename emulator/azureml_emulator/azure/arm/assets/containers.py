"""Containers: the names of assets, each with all that is said of its versions together."""

from typing_extensions import TypedDict

from azureml_emulator.azure.arm.assets.versions import Properties, Versions
from azureml_emulator.azure.arm.resources import resource
from azureml_emulator.errors import NotFound, NotSupported
from azureml_emulator.server.requests.shapes import checked, shortened
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_OWN = frozenset({"description", "tags", "properties", "isArchived"})
_TOLD = frozenset({"latestVersion", "nextVersion", "dataType", "provisioningState"})
"""What an answer tells, and clients send back."""


class Container(TypedDict):
    properties: Properties


def container_of(workspace: LocalWorkspace, kind: Versions, name: str) -> Document:
    """Raises NotFound."""
    versions = kind.all(workspace, name)
    if not versions:
        raise NotFound(f"there is no version of '{name}' among the {kind.plural} of this workspace")
    return _described(workspace, kind, name, versions)


def all_containers(workspace: LocalWorkspace, kind: Versions) -> list[Document]:
    """In the order of their first versions."""
    by_name: dict[str, list[Document]] = {}
    for version in kind.all(workspace):
        by_name.setdefault(name_of(version), []).append(version)
    return [_described(workspace, kind, name, versions) for name, versions in by_name.items()]


def put_container(workspace: LocalWorkspace, kind: Versions, name: str, sent: Document) -> Document:
    """Raises NotFound for a name without versions, NotSupported for what would be left undone."""
    container_of(workspace, kind, name)
    given = checked(Container, sent)["properties"]
    given = {key: value for key, value in given.items() if value is not None and key not in _TOLD}
    if unknown := sorted(given.keys() - _OWN):
        raise NotSupported(f"{kind.plural} that have {shortened(unknown[0])} of all versions together")
    workspace.store.put(_kind_of(kind), name, given)
    return container_of(workspace, kind, name)


def is_archived(workspace: LocalWorkspace, kind: Versions, version: Document) -> bool:
    """By itself, or with all the versions of its name."""
    kept = workspace.store.find(_kind_of(kind), name_of(version)) or {}
    return bool(version["properties"].get("isArchived") or kept.get("isArchived"))


def name_of(version: Document) -> str:
    return str(version["id"].split("/")[-3])


def _described(workspace: LocalWorkspace, kind: Versions, name: str, versions: list[Document]) -> Document:
    properties: Document = {"description": None, "tags": {}, "properties": {}, "isArchived": False}
    properties |= workspace.store.find(_kind_of(kind), name) or {}
    newest = versions[-1]
    properties["latestVersion"] = newest["name"]
    properties["nextVersion"] = str(kind.next_number(workspace, name))
    if "dataType" in newest["properties"]:
        properties["dataType"] = newest["properties"]["dataType"]
    described = resource(workspace, f"{kind.plural}/{name}", properties, versions[0])
    return described | {"systemData": described["systemData"] | _changed(newest)}


def _changed(newest: Document) -> Document:
    return {key: value for key, value in newest["systemData"].items() if key.startswith("lastModified")}


def _kind_of(kind: Versions) -> str:
    return f"{kind.plural} container"
