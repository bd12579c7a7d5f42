"""What Azure answers to each operation, as the SDK's own generated clients have it from Microsoft's specifications."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.emulator.coverage.page import find_operation

_SCOPE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{NAME}"
)
_MMS = "azureml.mlflow._restclient.mms"
_MFE = "azureml.mlflow._restclient.mfe_v2022_02_01_preview"
_CLIENTS = {
    "azureml.pipeline.core._restclients.aeva": "aml_pipelines_api10.py",
    _MMS: "operations/*.py",
    "azureml._restclient": "operations/*.py",
    "azureml.data._restclient.dataset": "operations/*.py",
    "azureml.data._restclient.model": "operations/*.py",
}
"""The packages of the clients, and where their operations are; an operation that two have is the first one's."""
_BY_HAND = {
    "GET /arm": (_MFE, "Workspace"),
    "POST /modelmanagement/v1.0/services": (_MMS, "ServiceResponseBase"),
    "PATCH /modelmanagement/v1.0/services/{service}": (_MMS, "ServiceResponseBase"),
    "PUT /arm/computes/{name}": (_MFE, "ComputeResource"),
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
_STATUS = re.compile(r"response\.status_code == (\d+):\s+(?:deserialized = self\._deserialize\('([^']+)')?")


@dataclass(frozen=True)
class Schema:
    """The type of an answer, in the words of msrest, and where its models are."""

    type: str
    models: ModuleType


@cache
def schemas() -> dict[str, Schema]:
    """By operation as the coverage page names them; operations that answer nothing are left out."""
    found: dict[str, Schema] = {}
    for package, pattern in _CLIENTS.items():
        models = _models(package)
        folder = Path(str(importlib.import_module(package).__file__)).parent
        for file in sorted(folder.glob(pattern)):
            for operation, kind in _operations(file.read_text(encoding="utf-8")):
                found.setdefault(operation, Schema(kind, models))
    by_hand = {one: Schema(kind, _models(package)) for one, (package, kind) in _BY_HAND.items()}
    return found | by_hand


def _models(package: str) -> ModuleType:
    return importlib.import_module(f"{package}.models")


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
    for operation, schema in sorted(schemas().items()):
        print(operation, schema.type, schema.models.__name__)
