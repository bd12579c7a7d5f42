"""Pages out of templates. Everything that goes into one is escaped: names, tags and logs are what clients wrote."""

from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from azureml_emulator.errors import ApiError
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.studio.drawing import chart, graph

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def at(*parts: object) -> str:
    """The path of a page: at("runs", run_id). Slashes in names do not make it another."""
    return "/".join(["/studio", *(quote(str(part), safe="", errors="replace") for part in parts)])


def page(request: Request, template: str, status_code: int = 200, **values: object) -> HTMLResponse:
    session = request.scope.get("studio_session")
    common = {
        "here": request.scope["path"],
        "signed_in": session is not None,
        "form_token": workspace_of(request).tokens.form_token(session) if session else "",
    }
    html = _templates.get_template(template).render(common | values)
    return HTMLResponse(html.encode("utf-8", "replace"), status_code)  # JSON may hold half a character


def error_page(request: Request, error: ApiError) -> HTMLResponse:
    return page(request, "error.html", error.status, error=error)


def _quoted(value: object) -> str:
    return quote(str(value), errors="replace")


_templates.globals.update(at=at, chart=chart, graph=graph)
_templates.filters["urlencode"] = _quoted
