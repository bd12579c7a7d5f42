"""Components: what a job of a pipeline runs, as their clients specify them."""

from typing import Any

from typing_extensions import Required, TypedDict

from azureml_emulator.azure.arm.assets.codes import CODES
from azureml_emulator.azure.arm.assets.environments import definition_of
from azureml_emulator.azure.arm.assets.specifications import KEYS, PORT_KEYS, SAID
from azureml_emulator.azure.arm.assets.versions import Versions
from azureml_emulator.azure.arm.strictness import refuse_unknown
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.body import an_object
from azureml_emulator.server.requests.shapes import Reference
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

DEFAULT = "azureml_default"
"""Stands for the newest version."""
_KINDS = ("command", "pipeline")
"""Those that are run; the others are kept as they are."""


class Specification(TypedDict, total=False):
    type: Required[Reference]
    name: Reference | None


class Component(TypedDict, total=False):
    componentSpec: Required[Specification]


class Components(Versions):
    plural, shape, fixed = "components", Component, ("componentSpec",)

    def find(self, workspace: LocalWorkspace, name: str, version: str) -> Document | None:
        return self.newest(workspace, name) if version == DEFAULT else super().find(workspace, name, version)

    def completed(self, workspace: LocalWorkspace, name: str, version: str, given: Document) -> Document:
        """With the name and the version in the specification, where alone SDK v2 reads them."""
        if version == DEFAULT:
            raise BadRequest(f"'{DEFAULT}' stands for the newest version of a component, and is the name of none")
        sent = given["componentSpec"]
        if sent["type"] in _KINDS:
            _refuse_unknown(sent)
        _check_references(workspace, sent)
        specification = sent | {"name": sent.get("name") or name, "version": version}
        return super().completed(workspace, name, version, given | {"componentSpec": specification})

    def same(self, _workspace: LocalWorkspace, _key: str, known: Any, given: Any) -> bool:
        return _meant(known) == _meant(given)


COMPONENTS = Components()


def _refuse_unknown(specification: Document) -> None:
    """Raises NotSupported for a key that no component has."""
    refuse_unknown(specification, KEYS, f"components of the type {specification['type']}")
    for kind in ("inputs", "outputs"):
        for name, port in an_object(specification.get(kind) or {}, kind).items():
            refuse_unknown(an_object(port or {}, f"{kind}.{name}"), PORT_KEYS, f"{kind}.{name} of components")


def _check_references(workspace: LocalWorkspace, specification: Document) -> None:
    """Raises BadRequest for code or an environment that isn't there."""
    code, environment = specification.get("code"), specification.get("environment")
    if isinstance(code, str) and code.startswith("azureml:"):
        CODES.of(workspace, code)
    if isinstance(environment, str) and environment.startswith("azureml:"):
        definition_of(workspace, environment)


def _meant(specification: Document) -> Document:
    return {key: value for key, value in specification.items() if key not in SAID}
