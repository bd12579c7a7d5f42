"""The page of one service, and what is asked of the service from there."""

from dataclasses import replace
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from azureml_emulator.azure.services.documents import view
from azureml_emulator.azure.services.host import host_of
from azureml_emulator.errors import NotFound
from azureml_emulator.server.requests.whole_body import HELD, read_whole
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.studio.access.guard import BASE, check_form_token
from azureml_emulator.studio.answering import get, post
from azureml_emulator.studio.contents.endpoints.services import service_of
from azureml_emulator.studio.contents.outputs.logs import log_parts, read_log
from azureml_emulator.studio.pages import page
from azureml_emulator.studio.service.answers import answer_of
from azureml_emulator.studio.service.asking import ask, credential
from azureml_emulator.studio.service.class_names import ClassNames, with_names
from azureml_emulator.studio.service.description import Descriptions, Takes
from azureml_emulator.studio.service.snippets import KEY, snippets
from azureml_emulator.studio.service.typed import takes_one_text
from azureml_emulator.wire import Document

_TAIL_BYTES = 4000
_LOGS = 8
FORM_TOKEN = "form-token"  # noqa: S105 - the name of a header
_HOUR = 3600
_descriptions = Descriptions()
_class_names = ClassNames()


async def show_service(request: Request) -> Response:
    workspace, host, document = workspace_of(request), host_of(request), _document(request)
    name = document["name"]
    replicas = host.pool.replicas(name)
    service = service_of(workspace.store, view(workspace, document), replicas)
    is_there = service.ready and not service.status.is_going
    rollout = _rollout(request, name)
    accepted = await _descriptions.takes(request.app, document, rollout) if is_there else Takes()
    logs = host.logs(name)
    return page(
        request,
        "service/page.html",
        service=service,
        takes=accepted,
        takes_text=takes_one_text(accepted.example),
        snippets=snippets(service.scoring_uri, accepted, authenticated=service.auth != "none"),
        variable=KEY,
        logs=[f"{log.parent.name}/{log.name}" for log in logs[:_LOGS]],
        tail=read_log(logs[0], limit=_TAIL_BYTES).text if logs else "",
        limit=HELD,
    )


async def get_log(request: Request) -> Response:
    folder, name = request.path_params["folder"], request.path_params["log"]
    for log in host_of(request).logs(_document(request)["name"]):
        if (log.parent.name, log.name) == (folder, name):
            return StreamingResponse(log_parts(log), media_type="text/plain")
    raise NotFound(f"the service has no log {folder}/{name}")


async def show_key(request: Request) -> Response:
    """The key, or a token for an hour, to whoever asked by the button: no page has it by itself."""
    check_form_token(request, request.headers.get(FORM_TOKEN, ""))
    return JSONResponse({"key": credential(workspace_of(request), _document(request), _HOUR)})


async def try_service(request: Request) -> Response:
    """Post the request's body to the service, and show what it answers, as a part of a page."""
    check_form_token(request, request.headers.get(FORM_TOKEN, ""))
    document = _document(request)
    body = await read_whole(request, HELD, "a request")
    reply = await ask(request.app, document, body, request.headers.get("content-type", "application/octet-stream"))
    models = [model["id"] for model in document["models"]]
    answer = answer_of(reply, models)
    if any(part.count > 1 for part in answer.parts):
        names = await _class_names.of(request.app, document, _rollout(request, document["name"]))
        answer = replace(answer, parts=answer_of(with_names(reply, names), models).parts or answer.parts)
    return page(request, "service/answer.html", answer=answer)


def _rollout(request: Request, service: str) -> tuple[str, Path] | None:
    """What is another with each rollout of the service; None where nothing of it runs."""
    replicas = host_of(request).pool.replicas(service)
    return (workspace_of(request).id, replicas[0].log.parent) if replicas else None


def _document(request: Request) -> Document:
    return workspace_of(request).store.get("service", request.path_params["service"])


_SERVICE = BASE + "/services/{service}"
routes: list[Route] = [
    get(_SERVICE, show_service),
    get(_SERVICE + "/logs/{folder}/{log}", get_log),
    post(_SERVICE + "/key", show_key),
    post(_SERVICE + "/test", try_service),
]
