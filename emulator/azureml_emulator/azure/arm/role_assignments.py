"""Which roles an identity has, and on what: kept and told, but of no effect on what anybody may do here.

https://learn.microsoft.com/azure/role-based-access-control/role-assignments-rest, and …/role-assignments-list-rest
"""

import re

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typing_extensions import Required, TypedDict

from azureml_emulator.errors import NotSupported
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.shapes import Reference, shortened
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document, page

_KIND = "roleAssignment"
_TYPE = "Microsoft.Authorization/roleAssignments"
_FILTER = re.compile(r"(atScope\(\)\s+and\s+)?assignedTo\('([^']+)'\)", re.IGNORECASE)


class Properties(TypedDict, total=False):
    roleDefinitionId: Required[Reference]
    principalId: Required[Reference]
    principalType: str | None


class Assignment(TypedDict):
    properties: Properties


async def put_assignment(request: Request) -> JSONResponse:
    workspace, body, name = workspace_of(request), await read_object(request, Assignment), request.path_params["name"]
    scope = _scope(workspace, request)
    there = workspace.store.find(_KIND, name.lower()) is not None
    assignment: Document = {
        "id": f"{scope}/providers/{_TYPE}/{name}",
        "name": name,
        "type": _TYPE,
        "properties": body["properties"] | {"scope": scope},
    }
    return JSONResponse(workspace.store.put(_KIND, name.lower(), assignment), 200 if there else 201)


async def list_assignments(request: Request) -> JSONResponse:
    """Those of one principal: at the scope and above, and without `atScope()` below it, too."""
    workspace, asked = workspace_of(request), request.query_params.get("$filter", "")
    found = _FILTER.fullmatch(asked)
    if found is None:
        raise NotSupported(f"listing role assignments by {shortened(asked) if asked else 'no filter'}")
    scope, below = _scope(workspace, request).lower(), not found[1]
    return JSONResponse(
        page(
            [
                one
                for one in workspace.store.all(_KIND)
                if one["properties"]["principalId"] == found[2]
                and _concerns(one["properties"]["scope"].lower(), scope, below=below)
            ]
        )
    )


def _concerns(of: str, scope: str, *, below: bool) -> bool:
    return f"{scope}/".startswith(f"{of}/") or (below and of.startswith(f"{scope}/"))


def _scope(workspace: LocalWorkspace, request: Request) -> str:
    """That of the workspace is written short by the time it comes here."""
    asked = request.path_params.get("scope")
    return f"/subscriptions/{asked}" if asked else workspace.scope


_ASSIGNMENTS = (f"/arm/providers/{_TYPE}", f"/subscriptions/{{scope:path}}/providers/{_TYPE}")
routes = [
    *(Route(path, list_assignments) for path in _ASSIGNMENTS),
    *(Route(path + "/{name}", put_assignment, methods=["PUT"]) for path in _ASSIGNMENTS),
]
