from collections.abc import Iterable, Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typing_extensions import TypedDict

from azureml_emulator.azure.arm.assets import data
from azureml_emulator.azure.arm.assets.codes import CODES, start_pending_upload
from azureml_emulator.azure.arm.assets.components import COMPONENTS
from azureml_emulator.azure.arm.assets.containers import all_containers, container_of, is_archived, put_container
from azureml_emulator.azure.arm.assets.environments import ENVIRONMENTS
from azureml_emulator.azure.arm.assets.references import KINDS
from azureml_emulator.azure.arm.assets.versions import Versions
from azureml_emulator.errors import NotFound, NotSupported
from azureml_emulator.execution.executor import executor_of
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.query import choice_of, number_of
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.server.requests.strict_route import StrictRoute
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document

_RESOURCE = frozenset({"id", "name", "type", "systemData", "properties"})
"""What an answer holds, and clients send back."""
_NEWEST_FIRST = "createdtime desc"
_ORDERS = ("", "createdtime asc", "createdtime", _NEWEST_FIRST)
_VIEWS = {"ActiveOnly": (False,), "ArchivedOnly": (True,), "All": (False, True)}
_OF_JOBS = (ENVIRONMENTS, COMPONENTS)
"""Kinds that are registered by somebody who is about to start a job."""
_PAGE = ("$skip", "$top", "$orderBy", "listViewType")


class Body(TypedDict):
    properties: Document


async def get_version(kind: Versions, request: Request) -> JSONResponse:
    workspace, name, version = workspace_of(request), request.path_params["name"], request.path_params["version"]
    found = kind.find(workspace, name, version)
    if found is None:
        why = kind.only_in_v1(workspace, name, version)
        raise NotFound(f"{name}:{version} is not among the {kind.plural} of this workspace" + f": {why}" * bool(why))
    return JSONResponse(found)


async def put_version(kind: Versions, request: Request) -> JSONResponse:
    if kind in _OF_JOBS:
        executor_of(request).expect()
    workspace, sent = workspace_of(request), await _read(request)
    name, version = request.path_params["name"], request.path_params["version"]
    found, new = kind.put(workspace, name, version, sent["properties"])
    return JSONResponse(found, 201 if new else 200)


async def list_versions(kind: Versions, request: Request) -> JSONResponse:
    workspace, query, name = workspace_of(request), request.query_params, request.path_params["name"]
    found = kind.all(workspace, name)
    if kind is CODES and (digest := query.get("hash")):
        found = CODES.with_content(workspace, digest, query.get("hashVersion", ""))
    wanted = _view(query)
    shown = [one for one in found if is_archived(workspace, kind, one) in wanted]
    return JSONResponse({"value": _page(shown, query)})


async def get_container(kind: Versions, request: Request) -> JSONResponse:
    return JSONResponse(container_of(workspace_of(request), kind, request.path_params["name"]))


async def change_container(kind: Versions, request: Request) -> JSONResponse:
    workspace, sent = workspace_of(request), await _read(request)
    return JSONResponse(put_container(workspace, kind, request.path_params["name"], sent))


async def list_containers(kind: Versions, request: Request) -> JSONResponse:
    workspace, query = workspace_of(request), request.query_params
    wanted = _view(query)
    found = [one for one in all_containers(workspace, kind) if one["properties"]["isArchived"] in wanted]
    return JSONResponse({"value": _page(found, query)})


async def _read(request: Request) -> Document:
    body = await read_object(request, Body)
    if unknown := sorted(body.keys() - _RESOURCE):
        raise NotSupported(f"assets with {shortened(unknown[0])}")
    return body


def _view(query: Mapping[str, str]) -> tuple[bool, ...]:
    """Which values of isArchived are asked for. Raises BadRequest."""
    return choice_of(query, "listViewType", _VIEWS, "ActiveOnly")


def _page(found: list[Document], query: Mapping[str, str]) -> list[Document]:
    """All in one, without a link to more. Raises BadRequest and NotSupported."""
    order = (query.get("$orderBy") or "").lower()
    if order not in _ORDERS:
        raise NotSupported(f"lists of assets in the order {shortened(order)}")
    ordered = found[::-1] if order == _NEWEST_FIRST else found
    start = number_of(query, "$skip", 0)
    return ordered[start : start + number_of(query, "$top", len(found), least=1)]


def _routes(kind: Versions) -> Iterable[Route]:
    """Of one kind. Each has its own, as other resources are below paths of the same form."""
    container, own = f"/arm/{kind.plural}/{{name}}", ("hash", "hashVersion") if kind is CODES else ()
    version = container + "/versions/{version}"
    yield StrictRoute(f"/arm/{kind.plural}", partial(list_containers, kind), parameters=_PAGE)
    yield StrictRoute(container, partial(get_container, kind))
    yield StrictRoute(container, partial(change_container, kind), ["PUT"])
    yield StrictRoute(container + "/versions", partial(list_versions, kind), parameters=(*_PAGE, *own))
    yield StrictRoute(version, partial(get_version, kind))
    yield StrictRoute(version, partial(put_version, kind), ["PUT"])


routes = [
    StrictRoute("/arm/codes/{name}/versions/{version}/startPendingUpload", start_pending_upload, ["POST"]),
    *data.routes,
    *(route for kind in KINDS.values() for route in _routes(kind)),
]
