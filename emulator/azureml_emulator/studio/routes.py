import re
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse

from azureml_emulator.azure.pipelines.runs.engine import engine_of
from azureml_emulator.azure.services.host import host_of
from azureml_emulator.azure.storage.artifacts.content import EXPERIMENT_RUN, artifact_file
from azureml_emulator.errors import NotFound
from azureml_emulator.execution.files import log_file
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.studio import actions, service
from azureml_emulator.studio.access.guard import BASE, OPEN, STATIC, read_form
from azureml_emulator.studio.access.session import SESSION_SECONDS, cookie_name, open_session
from azureml_emulator.studio.answering import View, get, post
from azureml_emulator.studio.contents.models import models
from azureml_emulator.studio.contents.online_endpoints import OnlineEndpoint, online_endpoints
from azureml_emulator.studio.contents.outputs.files import OTHER, SANDBOX, file_of, files_of, media_type
from azureml_emulator.studio.contents.outputs.logs import log_parts, read_log
from azureml_emulator.studio.contents.outputs.metrics import MEDIA_TYPES, metrics_of
from azureml_emulator.studio.contents.pipelines import all_endpoints, all_published, endpoint, published
from azureml_emulator.studio.contents.runs import latest_runs, pipeline_run, single_run
from azureml_emulator.studio.contents.schedules import schedules
from azureml_emulator.studio.contents.services import Service, services
from azureml_emulator.studio.pages import at, page

_STATIC_FILES = {file.name: file for file in Path(__file__).with_name("static").iterdir()}
_LATEST = 10
_RUNS = 200
_TAIL_BYTES = 4000
Action = Callable[[Request, actions.Form], Awaitable[str]]


async def sign_in(request: Request) -> Response:
    workspace = workspace_of(request)
    answer = RedirectResponse(BASE, 303)
    answer.set_cookie(
        cookie_name(workspace),
        open_session(workspace, request.query_params.get("ticket", "")),
        max_age=SESSION_SECONDS,
        path=BASE,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


async def static_file(request: Request) -> Response:
    file = _STATIC_FILES.get(request.path_params["name"])
    return FileResponse(file) if file else await no_page(request)


async def overview(request: Request) -> Response:
    workspace = workspace_of(request)
    latest, shown_models = latest_runs(workspace.store, _LATEST), models(workspace.store)
    served, endpoints = _served(request)
    return page(
        request,
        "overview.html",
        runs=latest,
        models=shown_models,
        services=served,
        online_endpoints=endpoints,
    )


def _served(request: Request) -> tuple[list[Service], list[OnlineEndpoint]]:
    workspace, host = workspace_of(request), host_of(request)
    return services(workspace, host), online_endpoints(workspace, host)


async def list_runs(request: Request) -> Response:
    experiment = request.query_params.get("experiment")
    found = latest_runs(workspace_of(request).store, _RUNS, experiment)
    return page(request, "runs.html", runs=found, experiment=experiment, limit=_RUNS)


async def show_run(request: Request) -> Response:
    workspace, run_id = workspace_of(request), request.path_params["run"]
    metrics = metrics_of(workspace.store, run_id)
    shown = pipeline_run(workspace, run_id)
    if shown is None:
        run, log = single_run(workspace.store, run_id), read_log(log_file(workspace, run_id))
        return page(request, "run.html", run=run, metrics=metrics, log=log, files=files_of(workspace, run_id))
    newest = shown.newest_step
    tail = read_log(log_file(workspace, str(newest.run_id)), limit=_TAIL_BYTES).text if newest else ""
    return page(request, "pipeline_run.html", shown=shown, run=shown.run, metrics=metrics, tail=tail)


async def get_log(request: Request) -> Response:
    """The part from a byte on, and in a header where the next one starts; all of it without `from`."""
    workspace, run_id = workspace_of(request), request.path_params["run"]
    workspace.store.get("run", run_id)
    file, start = log_file(workspace, run_id), request.query_params.get("from", "")
    if re.fullmatch(r"[0-9]{1,18}", start):
        log = read_log(file, int(start))
        return PlainTextResponse(log.text, headers={"Log-End": str(log.end)})
    return StreamingResponse(log_parts(file), media_type="text/plain")


async def get_image(request: Request) -> Response:
    workspace, run_id, path = workspace_of(request), request.path_params["run"], request.path_params["path"]
    workspace.store.get("run", run_id)
    file = artifact_file(workspace, EXPERIMENT_RUN, f"dcid.{run_id}", path)
    media_type = MEDIA_TYPES.get(PurePosixPath(path).suffix.lower())
    if media_type is None or not file.is_file():
        raise NotFound(f"run {run_id} has no image '{path}'")
    return FileResponse(file, media_type=media_type)


async def get_file(request: Request) -> Response:
    """A file that the run keeps, shown as if it came from another site: the run may have written anything."""
    workspace, run_id, path = workspace_of(request), request.path_params["run"], request.path_params["path"]
    workspace.store.get("run", run_id)
    file, kind = file_of(workspace, run_id, path), media_type(path)
    if not file.is_file():
        raise NotFound(f"run {run_id} has no file '{path}'")
    how = "attachment" if kind == OTHER else "inline"
    return FileResponse(
        file,
        media_type=kind,
        filename=file.name,
        content_disposition_type=how,
        headers=SANDBOX,
    )


async def list_models(request: Request) -> Response:
    return page(request, "models.html", models=models(workspace_of(request).store))


async def list_services(request: Request) -> Response:
    served, endpoints = _served(request)
    return page(request, "service/list.html", services=served, online_endpoints=endpoints)


async def list_pipelines(request: Request) -> Response:
    store = workspace_of(request).store
    return page(request, "pipelines.html", endpoints=all_endpoints(store), pipelines=all_published(store))


async def show_pipeline(request: Request) -> Response:
    found = published(workspace_of(request).store, request.path_params["pipeline"])
    return page(request, "pipeline.html", pipeline=found)


async def show_endpoint(request: Request) -> Response:
    store, identifier = workspace_of(request).store, request.path_params["endpoint"]
    found = endpoint(store, identifier, request.query_params.get("version"))
    return page(request, "endpoint.html", endpoint=found)


async def list_schedules(request: Request) -> Response:
    return page(request, "schedules.html", schedules=schedules(workspace_of(request).store))


async def no_page(request: Request) -> Response:
    raise NotFound(f"there is no page {request.scope['path']}")


async def submit_pipeline(request: Request, form: actions.Form) -> str:
    return actions.submit_pipeline(workspace_of(request), engine_of(request), request.path_params["pipeline"], form)


async def submit_endpoint(request: Request, form: actions.Form) -> str:
    return actions.submit_endpoint(workspace_of(request), engine_of(request), request.path_params["endpoint"], form)


async def cancel(request: Request, _form: actions.Form) -> str:
    return await actions.cancel(workspace_of(request), engine_of(request), request.path_params["run"])


async def run_again(request: Request, _form: actions.Form) -> str:
    return actions.run_again(workspace_of(request), engine_of(request), request.path_params["run"])


def _then_run(action: Action) -> View:
    """A form that leads to a run's page. None is acted upon that the session's own pages did not make."""

    async def answer(request: Request) -> Response:
        return RedirectResponse(at("runs", await action(request, await read_form(request))), 303)

    return answer


routes = [
    get(OPEN, sign_in),
    get(STATIC + "{name}", static_file),
    get(BASE, overview),
    get(BASE + "/runs", list_runs),
    get(BASE + "/runs/{run}", show_run),
    get(BASE + "/runs/{run}/log", get_log),
    get(BASE + "/runs/{run}/images/{path:path}", get_image),
    get(BASE + "/runs/{run}/files/{path:path}", get_file),
    post(BASE + "/runs/{run}/cancel", _then_run(cancel)),
    post(BASE + "/runs/{run}/again", _then_run(run_again)),
    get(BASE + "/models", list_models),
    get(BASE + "/services", list_services),
    *service.routes,
    get(BASE + "/pipelines", list_pipelines),
    get(BASE + "/pipelines/{pipeline}", show_pipeline),
    post(BASE + "/pipelines/{pipeline}/submit", _then_run(submit_pipeline)),
    get(BASE + "/endpoints/{endpoint}", show_endpoint),
    post(BASE + "/endpoints/{endpoint}/submit", _then_run(submit_endpoint)),
    get(BASE + "/schedules", list_schedules),
    get(BASE + "/{path:path}", no_page),
]
