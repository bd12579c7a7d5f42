"""Environments, in one store with those of SDK v1."""

import re
from typing import Annotated

from pydantic import Field
from typing_extensions import Required, TypedDict

from azureml_emulator.azure.arm.assets.data import check_stored
from azureml_emulator.azure.arm.assets.versions import NAME, Versions
from azureml_emulator.azure.arm.resources import resource
from azureml_emulator.azure.assets.environments import conversion
from azureml_emulator.azure.assets.environments.routes import (
    counter_of,
    created,
    is_autosaved,
    refuse_reserved,
    register,
)
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.execution.interpreters.curated import LISTED, curated_definition, is_curated
from azureml_emulator.server.requests.shapes import Reference, shortened
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_IN_REGISTRY = re.compile(
    r"azureml://registries/[^/]+/environments/(?P<name>[^/]+)/(versions|labels)/(?P<version>[^/]+)"
)
_OF_AZURE = "2020-01-01T00:00:00.0000000+00:00"
"""When Azure's own were made, for lack of another time."""


class Build(TypedDict, total=False):
    contextUri: Required[Reference]
    dockerfilePath: Reference | None


class Environment(TypedDict, total=False):
    image: Reference | None
    condaFile: Annotated[str, Field(max_length=conversion.LONGEST_CONDA)] | None
    build: Build | None
    osType: str | None
    environmentType: str | None


class Environments(Versions):
    plural, shape, fixed = "environments", Environment, ("image", "build", "condaFile")

    def find(self, workspace: LocalWorkspace, name: str, version: str) -> Document | None:
        definition = workspace.store.find("environment", f"{name}:{version}")
        if definition is None and is_curated(name):
            definition = curated_definition(name, version)
        return self._shown(workspace, definition) if definition else super().find(workspace, name, version)

    def all(self, workspace: LocalWorkspace, name: str | None = None) -> list[Document]:
        """With SDK v1's, and Azure's own."""
        registered = [one for one in workspace.store.all("environment") if name in (None, one["name"])]
        own = [curated_definition(one, None) for one in _own(name)] if name is None or not registered else []
        shown = [self._shown(workspace, one) for one in (*own, *registered) if not is_autosaved(one)]
        found = {one["id"]: one for one in shown if one is not None}
        anonymous = [one for one in super().all(workspace, name) if one["properties"]["isAnonymous"]]
        found = {one["id"]: one for one in anonymous} | found
        return sorted(found.values(), key=lambda one: str(one["systemData"]["createdAt"]))

    def next_number(self, workspace: LocalWorkspace, name: str) -> int:
        return max(workspace.store.last_number(counter_of(name)) + 1, super().next_number(workspace, name))

    def completed(self, workspace: LocalWorkspace, name: str, version: str, given: Document) -> Document:
        refuse_reserved(name)
        if is_autosaved({"version": version}):
            raise BadRequest(f"the version {shortened(version)} is one of those that runs save")
        if bool(given.get("image")) == bool(given.get("build")):
            raise BadRequest(f"environment {name}:{version} has an image or a build, one of the two")
        if given.get("osType", "Linux") != "Linux":
            raise NotSupported(f"environments for {shortened(given['osType'])}")
        if build := given.get("build"):
            check_stored(workspace, build["contextUri"], "contextUri")
            given = given | {"build": {"dockerfilePath": "Dockerfile"} | build}
        conversion.as_v1(name, version, given)
        fixed = {"osType": "Linux", "environmentType": "UserCreated"}
        return super().completed(workspace, name, version, given) | fixed

    def only_in_v1(self, workspace: LocalWorkspace, name: str, version: str) -> str:
        there = workspace.store.find("environment", f"{name}:{version}") and self.find(workspace, name, version) is None
        return "as SDK v1 alone can have it: with a Dockerfile as a text, or very many packages" if there else ""

    def keep(self, workspace: LocalWorkspace, name: str, version: str, document: Document) -> None:
        """The definition of one that is there stays as it is: SDK v1 may have said more in it."""
        super().keep(workspace, name, version, document)
        if document["properties"]["isAnonymous"] or workspace.store.find("environment", f"{name}:{version}"):
            return
        register(workspace.store, name, conversion.as_v1(name, version, document["properties"]), version)

    def same(self, _workspace: LocalWorkspace, key: str, known: object, given: object) -> bool:
        return conversion.same(key, known, given)

    def _shown(self, workspace: LocalWorkspace, definition: Document) -> Document | None:
        """None for a definition that SDK v2 has no words for."""
        name, version = str(definition["name"]), str(definition["version"])
        made_of = conversion.as_v2(definition)
        if made_of is None or not (NAME.fullmatch(name) and NAME.fullmatch(version)):
            return None
        kept = super().find(workspace, name, version)
        known = (kept or {}).get("properties") or {}
        for key in self.fixed:  # as it was sent, unless SDK v1 has registered something else since
            if key in made_of and conversion.same(key, known.get(key), made_of[key]):
                made_of[key] = known[key]
        rest = {key: value for key, value in known.items() if key not in self.fixed}
        kind = {"osType": "Linux", "environmentType": "Curated" if is_curated(name) else "UserCreated"}
        properties = super().completed(workspace, name, version, rest) | kind | made_of
        moment = created(workspace.store, name, version) or _OF_AZURE
        written = kept or {"systemData": {"createdAt": moment, "lastModifiedAt": moment}}
        shown = resource(workspace, f"{self.plural}/{name}/versions/{version}", properties)
        return shown | {"systemData": shown["systemData"] | written["systemData"]}


ENVIRONMENTS = Environments()


def _own(name: str | None) -> tuple[str, ...]:
    """Of Azure's environments the one of this name, or those that are listed."""
    return LISTED if name is None else (name,) * is_curated(name)


def definition_of(workspace: LocalWorkspace, reference: str) -> Document:
    """The environment as SDK v1 defines one, as interpreters and services take it; Azure's curated ones, too.

    `reference` is as `references.asset_of` takes it, or `azureml://registries/azureml/environments/…`.
    Raises BadRequest, which names it.
    """
    if match := _IN_REGISTRY.fullmatch(reference):
        name = match["name"] if is_curated(match["name"]) else f"AzureML-{match['name']}"
        if not is_curated(name):
            raise BadRequest(f"{shortened(reference)} is none of Azure's environments that are known here")
        return curated_definition(name, None if match[2] == "labels" else match["version"])
    found = ENVIRONMENTS.of(workspace, reference)
    name, version = found["id"].split("/")[-3], found["name"]
    if kept := workspace.store.find("environment", f"{name}:{version}"):
        return kept
    is_own = found["properties"]["environmentType"] == "UserCreated"
    return conversion.as_v1(name, version, found["properties"]) if is_own else curated_definition(name, version)
