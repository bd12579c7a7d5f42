import hashlib
import json

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.assets.environments import builds
from azureml_emulator.azure.assets.environments.shapes import Environment
from azureml_emulator.errors import BadRequest, NotFound
from azureml_emulator.execution.interpreters.curated import LISTED, curated_definition, is_curated
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.refusals import Refusal
from azureml_emulator.server.requests.shapes import checked
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document, now, page

_CURATED = "AzureML"
_AUTOSAVED = "Autosave_"
_CREATED = "environment created"
_LONGEST_NUMBER = 10
"""Digits."""


async def put_environment(request: Request) -> JSONResponse:
    store, name = workspace_of(request).store, request.path_params["name"]
    refuse_reserved(name)
    sent = {key[:1].lower() + key[1:]: value for key, value in (await read_object(request)).items()}
    definition: Document = checked(Environment, sent)
    return JSONResponse(register(store, name, definition, request.path_params.get("version")))


async def get_environment(request: Request) -> JSONResponse:
    """One version, or the one that was registered last."""
    wanted = request.path_params.get("version")
    for environment in reversed(_existing(request)):
        if wanted == environment["version"] or (wanted is None and not is_autosaved(environment)):
            return JSONResponse(environment)
    raise NotFound(f"environment '{request.path_params['name']}' has no version {wanted}")


async def get_labelled(request: Request) -> JSONResponse:
    """The label Latest is the one that every environment has; the SDK sets no others."""
    label = request.path_params["label"]
    if label.lower() != "latest":
        raise NotFound(f"environment '{request.path_params['name']}' has no label '{label}', only 'Latest'")
    return await get_environment(request)


async def list_environments(request: Request) -> JSONResponse:
    """The newest of each name: Azure's own, and those that were registered."""
    curated = [curated_definition(name, None) for name in LISTED]
    registered = [one for one in workspace_of(request).store.all("environment") if not is_autosaved(one)]
    return JSONResponse(page({one["name"]: one for one in (*curated, *registered)}.values()))


def save_for_run(store: Store, environment: Document | None) -> Document | None:
    """The environment of a run with a version by which `run.get_environment()` finds it: autosaved as on Azure."""
    name = (environment or {}).get("name")
    if not environment or not name or name.startswith(_CURATED):
        return environment
    if environment.get("version") and store.find("environment", f"{name}:{environment['version']}"):
        return environment
    content = json.dumps(environment, sort_keys=True, default=str).encode()
    return register(store, name, environment, _AUTOSAVED + hashlib.sha256(content).hexdigest()[:8])


def refuse_reserved(name: str) -> None:
    """Raises BadRequest for a name that only Azure's own environments have."""
    if name.startswith(_CURATED):
        raise BadRequest(f"environment '{name}' cannot be registered: names that start with AzureML are Azure's own")


def is_autosaved(environment: Document) -> bool:
    """Whether it was only ever part of a run: it is found by its version, and is no version that was registered."""
    return str(environment["version"]).startswith(_AUTOSAVED)


def register(store: Store, name: str, definition: Document, version: str | None) -> Document:
    """A new version, or the one that already holds the very same definition."""
    versions = _versions(store, name)
    if version is None:
        for known in versions:
            if {**known, "version": None} == {**definition, "name": name, "version": None}:
                return known
        version = str(store.next_number(counter_of(name)))
    key = f"{name}:{version}"
    with store.transaction():
        if version.isdecimal() and len(version) < _LONGEST_NUMBER:
            store.leave_out(counter_of(name), int(version))
        if store.find(_CREATED, key) is None:
            store.put(_CREATED, key, {"createdTime": now()})
        return store.put("environment", key, definition | {"name": name, "version": version})


def created(store: Store, name: str, version: str) -> str | None:
    """When a version was registered first; None where that was not noted."""
    noted = store.find(_CREATED, f"{name}:{version}")
    return str(noted["createdTime"]) if noted else None


def counter_of(name: str) -> str:
    """Of the store: the versions that are given to an environment."""
    return f"versions of environment {name}"


def _existing(request: Request) -> list[Document]:
    """All versions of the environment that is asked for. Raises NotFound."""
    name = request.path_params["name"]
    versions = _versions(workspace_of(request).store, name)
    if not versions and is_curated(name):
        return [curated_definition(name, request.path_params.get("version"))]
    if not versions and name.startswith(_CURATED):
        raise NotFound(
            f"environment '{name}' not found: Azure's curated ones have other names; register one of your own"
        )
    if not versions:
        raise NotFound(f"environment '{name}' not found in this workspace")
    return versions


def _versions(store: Store, name: str) -> list[Document]:
    return [environment for environment in store.all("environment") if environment["name"] == name]


_BASE = "/environment/v1.0/environments"
_VERSION = "/{name}/versions/{version}"
_NO_IMAGE = "images are recorded, not built: steps and services run in the workspace's own Python environment"
routes = [
    Route(_BASE, list_environments),
    Route(_BASE + "/{name}", put_environment, methods=["PUT"]),
    Route(_BASE + "/{name}", get_environment),
    Route(_BASE + _VERSION, put_environment, methods=["PUT"]),
    Route(_BASE + _VERSION, get_environment),
    Route(_BASE + "/{name}/labels/{label}", get_labelled),
    Refusal(_BASE + _VERSION + "/image", _NO_IMAGE, ["GET"]),
    Refusal(_BASE + _VERSION + "/recipe", _NO_IMAGE, ["POST"]),
    *builds.routes,
]
