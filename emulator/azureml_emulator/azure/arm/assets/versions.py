"""Versions of assets of one kind: found, listed and written as resources of Azure Resource Manager."""

import json
import re
from typing import Any

from typing_extensions import TypedDict

from azureml_emulator.azure.arm.resources import resource
from azureml_emulator.errors import BadRequest, Conflict, NotSupported
from azureml_emulator.server.requests.shapes import Scalars, Texts, checked, shortened
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,254}", re.ASCII)
_ARM_ID = re.compile(
    r"(?:azureml:)?/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.MachineLearningServices"
    r"/workspaces/[^/]+/(?P<plural>\w+)/(?P<name>[^/]+)/(?P<by>versions|labels)/(?P<version>[^/]+)",
    re.IGNORECASE,
)
_SHORT = re.compile(r"azureml:(?P<name>[^:@/]+)(?P<by>[:@])(?P<version>[^:@/]+)")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
LATEST = "latest"


class Properties(TypedDict, total=False):
    """What versions of every kind have."""

    description: str | None
    tags: Texts | None
    properties: Scalars | None
    isAnonymous: bool | None
    isArchived: bool | None


class Versions:
    """Of one kind of asset. What `fixed` names of a version never changes once it is there."""

    plural: str
    shape: Any
    """Of the properties that other kinds don't have."""
    fixed: tuple[str, ...]

    def find(self, workspace: LocalWorkspace, name: str, version: str) -> Document | None:
        return workspace.store.find(self._kind, f"{name}:{version}")

    def all(self, workspace: LocalWorkspace, name: str | None = None) -> list[Document]:
        """Of one name, or of all, the newest last."""
        below = f"/{self.plural}/{name}/versions/" if name else ""
        return [one for one in workspace.store.all(self._kind, below) if below in one["id"]]

    def of(self, workspace: LocalWorkspace, reference: str) -> Document:
        """As `references.asset_of`, of this kind."""
        match = _SHORT.fullmatch(reference) or _ARM_ID.fullmatch(reference)
        if match is None or (match.groupdict().get("plural") or self.plural) != self.plural:
            raise BadRequest(f"{shortened(reference)} is no reference to one of {self.plural}, as azureml:NAME:VERSION")
        by_label = match["by"] in ("@", "labels")
        if by_label and match["version"] != LATEST:
            raise BadRequest(f"{shortened(reference)} has another label than '{LATEST}', which alone is known here")
        name, version = match["name"], match["version"]
        found = self.newest(workspace, name) if by_label else self.find(workspace, name, version)
        if found is None:
            why = self.only_in_v1(workspace, name, version) or "register it first"
            short = f"azureml:{name}{'@' if by_label else ':'}{version}"  # also where an ARM id was sent
            raise BadRequest(f"{shortened(short)} is not among the {self.plural} of this workspace: {why}")
        return found

    def newest(self, workspace: LocalWorkspace, name: str) -> Document | None:
        return next(reversed(self.all(workspace, name)), None)

    def next_number(self, workspace: LocalWorkspace, name: str) -> int:
        """What a client calls the next version that is given no name."""
        return max((number_of_version(one["name"]) or 0 for one in self.all(workspace, name)), default=0) + 1

    def put(self, workspace: LocalWorkspace, name: str, version: str, sent: Document) -> tuple[Document, bool]:
        """The version as it is then, and whether it is new.

        `sent` are its properties. Raises BadRequest for what none may have, NotSupported for what would be left
        undone, and Conflict where the version is there and is made of something else.
        """
        check_name(name, f"the name of {self.plural}")
        check_name(version, f"the version of {self.plural}")
        if why := self.only_in_v1(workspace, name, version):
            raise Conflict(f"{self.plural} {name}:{version} is there already, {why}")
        given = self._checked(sent)
        known = self.find(workspace, name, version)
        properties = self.completed(workspace, name, version, given)
        if known:
            self._check_fixed(workspace, f"{name}:{version}", known["properties"], properties)
        document = resource(workspace, f"{self.plural}/{name}/versions/{version}", properties, known)
        with workspace.store.transaction():
            self.keep(workspace, name, version, document)
        return self.find(workspace, name, version) or document, known is None

    def completed(self, _workspace: LocalWorkspace, _name: str, _version: str, given: Document) -> Document:
        """What is kept of the properties that were given. Raises what `put` does.

        Azure's answers have texts for the numbers that clients send among their own properties.
        """
        own = {key: value if value is None else str(value) for key, value in (given.get("properties") or {}).items()}
        return {"tags": {}, "isAnonymous": False, "isArchived": False} | given | {"properties": own}

    def only_in_v1(self, _workspace: LocalWorkspace, _name: str, _version: str) -> str:
        """Why SDK v1 has this version and v2 doesn't; empty where that isn't so."""
        return ""

    def keep(self, workspace: LocalWorkspace, name: str, version: str, document: Document) -> None:
        """Called within a transaction."""
        workspace.store.put(self._kind, f"{name}:{version}", document)

    def same(self, _workspace: LocalWorkspace, key: str, known: Any, given: Any) -> bool:
        """Whether two values of something that is fixed mean the same."""
        return bool(known == given)

    @property
    def _kind(self) -> str:
        return kind_of(self.plural)

    def _checked(self, sent: Document) -> Document:
        for shape in (Properties, self.shape):
            checked(shape, sent, "properties")
        given = {key: value for key, value in sent.items() if value is not None}
        if unknown := sorted(given.keys() - Properties.__annotations__.keys() - self.shape.__annotations__.keys()):
            raise NotSupported(f"{self.plural} with {shortened(unknown[0])}")
        if "properties" in given:
            given["properties"] = {key: _as_text(value) for key, value in given["properties"].items()}
        return given

    def _check_fixed(self, workspace: LocalWorkspace, name: str, known: Document, given: Document) -> None:
        for key in self.fixed:
            if not self.same(workspace, key, known.get(key), given.get(key)):
                raise Conflict(
                    f"{self.plural} {name} is there with another {key}, which never changes: register another version"
                )


def _as_text(value: object) -> object:
    """SDK v2 sends the version of a hash as a number, and reads texts alone."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def kind_of(plural: str) -> str:
    """Where the resources are in the store."""
    return f"{plural} resource"


def number_of_version(version: str) -> int | None:
    """None for a version that isn't a number as SDK v1 counts them."""
    return int(version) if _NUMBER.fullmatch(version) else None


def check_name(name: str, what: str) -> None:
    """Raises BadRequest."""
    if not NAME.fullmatch(name):
        raise BadRequest(f"{what} is 1 to 255 letters, digits, '.', '_' and '-', not {shortened(name)}")
