"""Resources of the workspace as Azure Resource Manager answers them, and the operations that make or change them."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.server.asynchronous import OPERATIONS, POLL, accepted, done
from azureml_emulator.state.user import USER
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document, now

__all__ = ["accepted", "done", "resource", "routes"]

_PROVIDER = "Microsoft.MachineLearningServices"


def resource(workspace: LocalWorkspace, path: str, properties: Document, known: Document | None = None) -> Document:
    """A resource of the workspace; `path` is below it, such as `codes/NAME/versions/1`.

    `known` is the resource as it was before, which tells when it was made.
    """
    parts = path.split("/")
    return {
        "id": f"{workspace.scope}/{path}",
        "name": parts[-1],
        "type": f"{_PROVIDER}/workspaces/{'/'.join(parts[::2])}",
        "properties": properties,
        "systemData": _system_data((known or {}).get("systemData") or {}),
    }


async def get_operation(request: Request) -> JSONResponse:
    operation = await workspace_of(request).operations.wait(request.path_params["operation"])
    status = "InProgress" if operation["state"] == "Running" else operation["state"]
    answer = {"id": request.url.path, "name": operation["id"], "status": status}
    return JSONResponse(answer | ({"error": operation["error"]} if operation["error"] else {}), headers=POLL)


def _system_data(known: Mapping[str, str]) -> dict[str, str]:
    name, moment = USER["userName"], now()
    last = {"lastModifiedAt": moment, "lastModifiedBy": name, "lastModifiedByType": "User"}
    created = {"createdAt": moment, "createdBy": name, "createdByType": "User"}
    return created | {key: known[key] for key in created if key in known} | last


routes = [Route(OPERATIONS + "/{operation}", get_operation)]
