"""The page of an online endpoint, and what is asked of the endpoint from there."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from azureml_emulator.azure.arm.online_endpoints.endpoints import KIND
from azureml_emulator.azure.services.host import host_of
from azureml_emulator.errors import NotFound
from azureml_emulator.server.requests.whole_body import HELD, read_whole
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.studio.access.guard import BASE, check_form_token
from azureml_emulator.studio.answering import get, post
from azureml_emulator.studio.contents.endpoints.online import OnlineEndpoint, endpoint_of
from azureml_emulator.studio.contents.outputs.logs import log_parts
from azureml_emulator.studio.pages import page
from azureml_emulator.studio.service.answers import answer_of
from azureml_emulator.studio.service.asking import ask, credential
from azureml_emulator.studio.service.description import Descriptions, Takes
from azureml_emulator.studio.service.snippets import KEY, snippets
from azureml_emulator.studio.service.typed import takes_one_text
from azureml_emulator.studio.service.views import FORM_TOKEN
from azureml_emulator.wire import Document

_HOUR = 3600
_descriptions = Descriptions()


async def show_endpoint(request: Request) -> Response:
    document = _document(request)
    endpoint = endpoint_of(workspace_of(request), host_of(request), document)
    accepted = Takes()
    if endpoint.answers and not endpoint.status.is_going:
        accepted = await _descriptions.takes(request.app, document, _rollout(request, endpoint))
    return page(
        request,
        "service/endpoint.html",
        service=endpoint,
        takes=accepted,
        takes_text=takes_one_text(accepted.example),
        snippets=snippets(endpoint.scoring_uri, accepted, authenticated=True),
        variable=KEY,
        limit=HELD,
    )


async def get_log(request: Request) -> Response:
    asked = request.path_params
    name = f"{_document(request)['name']}/{asked['deployment']}"
    for log in host_of(request).logs(workspace_of(request).store.get("service", name)["name"]):
        if (log.parent.name, log.name) == (asked["folder"], asked["log"]):
            return StreamingResponse(log_parts(log), media_type="text/plain")
    raise NotFound(f"deployment {asked['deployment']} has no log {asked['folder']}/{asked['log']}")


async def show_key(request: Request) -> Response:
    """The key, or a token for an hour, to whoever asked by the button: no page has it by itself."""
    check_form_token(request, request.headers.get(FORM_TOKEN, ""))
    return JSONResponse({"key": credential(workspace_of(request), _document(request), _HOUR)})


async def try_endpoint(request: Request) -> Response:
    """Post the request's body to the endpoint, by its traffic, and show what it answers, as a part of a page."""
    check_form_token(request, request.headers.get(FORM_TOKEN, ""))
    document = _document(request)
    body = await read_whole(request, HELD, "a request")
    reply = await ask(request.app, document, body, request.headers.get("content-type", "application/octet-stream"))
    models = endpoint_of(workspace_of(request), host_of(request), document).models
    return page(request, "service/answer.html", answer=answer_of(reply, models))


def _rollout(request: Request, endpoint: OnlineEndpoint) -> object:
    """What is another with each rollout, and with other shares of traffic."""
    pool = host_of(request).pool
    return [workspace_of(request).id] + [
        (one.service, one.share, pool.replicas(one.service)[0].log.parent) for one in endpoint.deployments if one.ready
    ]


def _document(request: Request) -> Document:
    return workspace_of(request).store.get(KIND, request.path_params["endpoint"])


_ENDPOINT = BASE + "/online-endpoints/{endpoint}"
routes: list[Route] = [
    get(_ENDPOINT, show_endpoint),
    get(_ENDPOINT + "/{deployment}/logs/{folder}/{log}", get_log),
    post(_ENDPOINT + "/key", show_key),
    post(_ENDPOINT + "/test", try_endpoint),
]
