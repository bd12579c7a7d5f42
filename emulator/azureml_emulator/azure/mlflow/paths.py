"""Where MLflow's API is, and where it says that files are."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

BASE = "/mlflow/{version}/api/2.0/mlflow"
"""The plugin asks for v2.0 with MLflow 2 and 3, for v1.0 with MLflow 1: the operations are the same."""
Handler = Callable[[Request], Awaitable[Response]]


def operation(method: str, path: str, handler: Handler) -> Route:
    return Route(BASE + path, handler, methods=[method])


def tracking_uri(workspace: LocalWorkspace) -> str:
    """What `MLFLOW_TRACKING_URI` holds in a run: the plugin speaks https to that host, and puts its own version in."""
    return f"azureml://{_host(workspace)}/mlflow/v1.0{workspace.scope}"


def artifact_uri(workspace: LocalWorkspace, run: Document) -> str:
    """The plugin takes the ids of experiment and run out of it, and asks history for the files of that run."""
    inside = f"experiments/{run['experimentId']}/runs/{run['runId']}/artifacts"
    return f"azureml://{_host(workspace)}/mlflow/v2.0{workspace.scope}/{inside}"


def _host(workspace: LocalWorkspace) -> str:
    return urlsplit(workspace.address.tls).netloc
