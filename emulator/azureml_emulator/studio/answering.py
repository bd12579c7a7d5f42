"""Routes of the pages, which answer errors as pages rather than as the JSON that the SDK reads."""

import traceback
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from azureml_emulator.errors import ApiError
from azureml_emulator.state.disk.files import LOG
from azureml_emulator.studio.pages import error_page

View = Callable[[Request], Awaitable[Response]]


def get(path: str, view: View) -> Route:
    return Route(path, _shown(view))


def post(path: str, view: View) -> Route:
    """The view checks the form's token: none is acted upon that the session's own pages did not make."""
    return Route(path, _shown(view), methods=["POST"])


def _shown(view: View) -> View:
    async def answer(request: Request) -> Response:
        try:
            return await view(request)
        except ApiError as error:
            return error_page(request, error)
        except (ClientDisconnect, HTTPException):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, a person sees a page and where to look
            traceback.print_exc()
            said = f"this page cannot be shown ({error!r}): the log of the local workspace, {LOG}, says where"
            return error_page(request, ApiError(said))

    return answer
