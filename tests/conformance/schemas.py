"""What Azure answers to each operation, as the SDKs' own generated clients have it from Microsoft's specifications."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from tests.conformance import sdk_v2
from tests.integration.emulator.coverage.page import find_operation

_SCOPE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{NAME}"
)
_SDK = Path(str(distribution("azureml-core").locate_file("azureml")))
_MMS = "mlflow/_restclient/mms"
_MFE = "mlflow/_restclient/mfe_v2022_02_01_preview"
_CLIENTS = {
    "pipeline/core/_restclients/aeva": "aml_pipelines_api10.py",
    _MMS: "operations/*.py",
    "_restclient": "operations/*.py",
    "data/_restclient/dataset": "operations/*.py",
    "data/_restclient/model": "operations/*.py",
}
"""The folders of the clients, and where their operations are; an operation that two have is the first one's."""
_UNREAD = (
    "DELETE /modelmanagement/v1.0/services/{service}",  # it has a type for 409 only
    *(f"POST /modelmanagement/v1.0/services/validate{rest}" for rest in ("", "/name/{service}", "/resource")),
)
"""The SDK looks for an error in the answers, whatever else they are."""
_BY_HAND = {
    "GET /arm": (_MFE, "Workspace"),
    "PATCH /arm": (_MFE, "Workspace"),
    "POST /modelmanagement/v1.0/services": (_MMS, "ServiceResponseBase"),
    "PATCH /modelmanagement/v1.0/services/{service}": (_MMS, "ServiceResponseBase"),
    "PATCH /arm/computes/{name}": (_MFE, "ComputeResource"),
    "GET /rp/workspaces/computes/{name}": (_MFE, "ComputeResource"),
    "GET /rp/workspaces/computes": (_MFE, "PaginatedComputeResourcesList"),
    "POST /arm/computes/{name}/listNodes": (_MFE, "AmlComputeNodesInformation"),
}
"""What SDK v1 asks by hand, without a client, or with one that is older than what it reads of the answer."""
_METHOD = re.compile(
    r"    def (?P<name>\w+)\((?P<body>.*?)\n    (?P=name)\.metadata = \{'url': '(?P<url>[^']+)'\}", re.DOTALL
)
_VERB = re.compile(r"self\._client\.(get|post|put|patch|delete|head)\(|build_\w+_request")
_ANSWER = re.compile(r"deserialized = (?:self\._deserialize\('(?P<type>[^']+)'|models\.(?P<paged>\w+Paged)\()")


@dataclass(frozen=True)
class Schema:
    """The type of an answer, in the words of msrest, and where its models are."""

    type: str
    models: ModuleType
    is_page: bool = False
    """Whether the answer holds a list of such as its `value`."""


@cache
def schemas() -> dict[str, Schema]:
    """By operation as the coverage page names them; operations that answer nothing are left out."""
    found: dict[str, Schema] = {}
    for client, pattern in _CLIENTS.items():
        models = _models(client)
        for file in sorted((_SDK / client).glob(pattern)):
            for operation, kind in _operations(file.read_text(encoding="utf-8")):
                if operation not in _UNREAD:
                    found.setdefault(operation, Schema(kind, models))
    by_hand = {one: Schema(kind, _models(client)) for one, (client, kind) in _BY_HAND.items()}
    return found | dict(_of_sdk_v2()) | by_hand


def _of_sdk_v2() -> Iterator[tuple[str, Schema]]:
    """Below Azure Resource Manager, where its models are newer than v1's."""
    models = sdk_v2.models_of(sdk_v2.ARM)
    for answered in sdk_v2.answers_of(sdk_v2.ARM):
        path = _filled(answered.url)
        if path and (operation := find_operation(answered.verb, path)):
            yield str(operation), Schema(answered.model, models, answered.is_page)


@cache
def _models(client: str) -> ModuleType:
    """By its file: the packages above it sign in to a cloud when they are imported."""
    folder = _SDK / client / "models"
    name = f"models_of_{client.replace('/', '_')}"
    spec = spec_from_file_location(name, folder / "__init__.py", submodule_search_locations=[str(folder)])
    assert spec is not None
    assert spec.loader is not None
    models = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(models)
    return models


def _operations(source: str) -> Iterator[tuple[str, str]]:
    for match in _METHOD.finditer(source):
        body = match["body"].rpartition("\n    def ")[2]
        verb, answer = _VERB.search(body), _ANSWER.search(body)
        path = _filled(match["url"])
        if answer is None or verb is None or verb[1] is None or path is None:
            continue
        if operation := find_operation(verb[1].upper(), path):
            yield str(operation), answer["type"] or answer["paged"]


def _filled(url: str) -> str | None:
    scope = re.sub(r"/subscriptions/.*?/workspaces/\{[^}]+\}", _SCOPE, url.replace("/api/v1.0", "/pipelines/v1.0"))
    return scope if "{subscriptionId}" not in scope else None


if __name__ == "__main__":
    for name, schema in sorted(schemas().items()):
        print(name, schema.type, schema.models.__name__)
