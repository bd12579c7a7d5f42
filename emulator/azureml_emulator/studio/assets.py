"""The pages of what is registered."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.studio.access.guard import BASE
from azureml_emulator.studio.answering import get
from azureml_emulator.studio.contents.assets.models import models
from azureml_emulator.studio.contents.assets.versions import KINDS, asset, assets
from azureml_emulator.studio.pages import page


async def list_models(request: Request) -> Response:
    return page(request, "assets/models.html", models=models(workspace_of(request).store))


async def list_assets(plural: str, request: Request) -> Response:
    return page(request, "assets/list.html", plural=plural, assets=assets(workspace_of(request), plural))


async def show_asset(plural: str, request: Request) -> Response:
    found = asset(workspace_of(request), plural, request.path_params["name"])
    return page(request, "assets/page.html", plural=plural, asset=found)


routes: list[Route] = [
    get(BASE + "/models", list_models),
    *(get(f"{BASE}/{plural}", partial(list_assets, plural)) for plural in KINDS),
    *(get(f"{BASE}/{plural}/{{name}}", partial(show_asset, plural)) for plural in KINDS),
]
