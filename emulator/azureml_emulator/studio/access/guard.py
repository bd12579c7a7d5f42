"""What stands before every page: no other site may ask in the user's name, embed a page, or run script in one."""

import hmac
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from azureml_emulator.errors import ApiError, Forbidden
from azureml_emulator.server.requests.whole_body import read_whole
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.studio.access.session import cookie_name, session_of
from azureml_emulator.studio.pages import error_page

BASE = "/studio"
STATIC = f"{BASE}/static/"
OPEN = f"{BASE}/open"
_FORM_BYTES = 1024 * 1024
FORM_TOKEN = "form_token"  # noqa: S105 - the name of a field
_OWN_NAMES = ("127.0.0.1", "localhost")
_SOURCES = ("style-src", "script-src", "img-src", "connect-src", "form-action")
HEADERS = {
    "Content-Security-Policy": "; ".join(
        ["default-src 'none'", *(f"{kind} 'self'" for kind in _SOURCES), "base-uri 'none'", "frame-ancestors 'none'"]
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # "no-referrer" would make browsers hide the origin of our own forms from us
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class StudioMiddleware:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_page(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope, receive)
        try:
            _admit(request)
        except ApiError as error:
            await error_page(request, error)(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)


def is_page(path: str) -> bool:
    return path == BASE or path.startswith(f"{BASE}/")


def _admit(request: Request) -> None:
    """Raises Unauthorized or Forbidden."""
    host, path = request.headers.get("host", ""), request.scope["path"]
    if host not in _own_hosts(request):  # a name of another site may resolve to loopback
        raise Forbidden(f"this page is not at the host '{host}': it is at {workspace_of(request).address.http}{BASE}")
    if request.method not in ("GET", "HEAD") and request.headers.get("origin") != f"{request.scope['scheme']}://{host}":
        raise Forbidden("only this page's own forms may change anything: the request comes from another origin")
    if path != OPEN and not path.startswith(STATIC):
        workspace = workspace_of(request)
        request.scope["studio_session"] = session_of(workspace, request.cookies.get(cookie_name(workspace)))


def _own_hosts(request: Request) -> list[str]:
    _, port = request.scope["server"]
    return [f"{name}:{port}" for name in _OWN_NAMES]


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form that this session's pages made. Raises Forbidden for any other."""
    body = await read_whole(request, _FORM_BYTES, "a form")
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    check_form_token(request, fields.pop(FORM_TOKEN, ""))
    return fields


def check_form_token(request: Request, given: str) -> None:
    """Raises Forbidden for one that no page of this session has."""
    expected = workspace_of(request).tokens.form_token(request.scope["studio_session"])
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forbidden("this form is not one of the pages of this session: reload the page and send it again")
