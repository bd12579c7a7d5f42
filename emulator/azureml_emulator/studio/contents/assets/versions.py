"""Components, data and environments as the pages show them, of both SDKs; anonymous ones aren't shown."""

from dataclasses import dataclass

from azureml_emulator.azure.arm.assets.components import COMPONENTS
from azureml_emulator.azure.arm.assets.containers import is_archived, name_of
from azureml_emulator.azure.arm.assets.data import DATA
from azureml_emulator.azure.arm.assets.environments import ENVIRONMENTS
from azureml_emulator.azure.arm.assets.versions import Versions
from azureml_emulator.errors import NotFound
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio.contents.links import Fact, asset_fact, facts
from azureml_emulator.studio.contents.moments import shown
from azureml_emulator.studio.contents.shapes import mapping
from azureml_emulator.wire import Document

KINDS: dict[str, Versions] = {one.plural: one for one in (COMPONENTS, DATA, ENVIRONMENTS)}
_OF_AZURE = "Curated"
_TEXTS = {"command": "Command", "condaFile": "Conda file"}


@dataclass(frozen=True)
class Port:
    """An input or output that a component declares."""

    name: str
    type: str
    default: str
    is_optional: bool
    description: str


@dataclass(frozen=True)
class Version:
    version: str
    created: str
    description: str
    kind: str
    """As `command`, `uri_folder`."""
    is_archived: bool
    about: list[Fact]
    """What it is made of."""
    texts: dict[str, str]
    """Of several lines, by their titles."""
    inputs: list[Port]
    outputs: list[Port]
    nodes: list[Fact]
    """Of a pipeline component: each with its component."""
    tags: list[Fact]
    properties: list[Fact]


@dataclass(frozen=True)
class Asset:
    name: str
    versions: list[Version]
    """Newest first."""


def assets(workspace: LocalWorkspace, plural: str) -> list[Asset]:
    """By name, without those of Azure."""
    kind, by_name = KINDS[plural], dict[str, list[Version]]()
    for document in reversed(kind.all(workspace)):
        properties = document["properties"]
        if not properties.get("isAnonymous") and properties.get("environmentType") != _OF_AZURE:
            by_name.setdefault(name_of(document), []).append(_version(workspace, kind, document))
    return [Asset(name, by_name[name]) for name in sorted(by_name)]


def asset(workspace: LocalWorkspace, plural: str, name: str) -> Asset:
    """Raises NotFound."""
    found = next((one for one in assets(workspace, plural) if one.name == name), None)
    if found is None:
        raise NotFound(f"there is no '{name}' among the {plural} of this workspace")
    return found


def _version(workspace: LocalWorkspace, kind: Versions, document: Document) -> Version:
    properties, store = document["properties"], workspace.store
    specification = mapping(properties.get("componentSpec"))
    made_of = specification or properties
    return Version(
        version=document["name"],
        created=shown(document["systemData"]["createdAt"]),
        description=str(made_of.get("description") or properties.get("description") or ""),
        kind=str(specification.get("type") or properties.get("dataType") or ""),
        is_archived=is_archived(workspace, kind, document),
        about=_about(made_of),
        texts={title: str(made_of[key]) for key, title in _TEXTS.items() if made_of.get(key)},
        inputs=_ports(specification.get("inputs")),
        outputs=_ports(specification.get("outputs")),
        nodes=[
            asset_fact(name, mapping(node).get("component") or mapping(node).get("componentId"))
            for name, node in mapping(specification.get("jobs")).items()
        ],
        tags=facts(store, properties.get("tags")),
        properties=facts(store, properties.get("properties")),
    )


def _about(made_of: Document) -> list[Fact]:
    build = mapping(made_of.get("build"))
    found = {
        "Display name": made_of.get("display_name"),
        "Address": made_of.get("dataUri"),
        "Image": made_of.get("image"),
        "Build context": build.get("contextUri"),
        "Environment": made_of.get("environment"),
        "Code": made_of.get("code"),
    }
    return [asset_fact(name, value) for name, value in found.items() if value]


def _ports(declared: object) -> list[Port]:
    ports = mapping(declared)
    return [
        Port(
            name=name,
            type=str(port.get("type") or ""),
            default="" if port.get("default") is None else str(port["default"]),
            is_optional=str(port.get("optional")).lower() == "true",
            description=str(port.get("description") or ""),
        )
        for name, port in zip(ports, map(mapping, ports.values()), strict=True)
    ]
