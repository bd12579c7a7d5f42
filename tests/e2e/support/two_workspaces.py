"""Two local workspaces that one process reaches: Azure Resource Manager's part of both is behind one address.

Each is an emulator of its own; the second is called otherwise, and has the secrets and the certificate of the first, as
two workspaces of one tenant have one sign-in.
"""

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from azureml_emulator.command import daemon
from azureml_emulator.command.client import ask
from azureml_emulator.command.preparation import free_port
from azureml_emulator.state.workspace import RESOURCE_GROUP, SUBSCRIPTION
from tests.trust import trust_itself_alone

PROD = "prod"
"""What the second is called; the first is `local`."""
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks"
ARM = "https://management.core.windows.net/"
"""What both take a token for."""
SERVE = """
import sys
from azureml_emulator.state import workspace
workspace.NAME = sys.argv.pop(1)
from azureml_emulator.command.verbs import main
main(sys.argv[1:])
"""
SECONDS = 60.0
HOP = {"content-length", "transfer-encoding", "connection", "content-encoding"}


@contextmanager
def two_workspaces(folder: Path) -> Iterator[dict[str, str]]:
    """The variables by which an SDK reaches both."""
    first, second = folder / "first", folder / "second"
    trust_itself_alone(first)
    one = daemon.start(first, outlives_us=False)
    try:
        shutil.copytree(first / "tls", second / "tls")
        shutil.copy(first / "secrets.json", second)
        process = subprocess.Popen([sys.executable, "-I", "-c", SERVE, PROD, "serve", "--state", str(second)])
        try:
            other = _started(second)
            for state in (first, second):
                pool = {"name": "gpu", "vmSize": "Standard_NC4as_T4_v3", "count": 3, "nodeTaints": []}
                body = {"identity": {"type": "SystemAssigned"}, "properties": {"agentPoolProfiles": [pool]}}
                ask(state, "PUT", CLUSTER, body)
            with _front(one["http"], other["http"], first / "tls") as address:
                variables: dict[str, str] = one["environment"]
                yield variables | {"AZURE_CONFIG_DIR": str(_clouds(folder, variables["AZURE_CONFIG_DIR"], address))}
        finally:
            process.terminate()
            process.wait(SECONDS)
    finally:
        daemon.stop(first)


def _started(state: Path) -> dict[str, Any]:
    deadline = time.monotonic() + SECONDS
    while not (address := daemon.status(state)):
        assert time.monotonic() < deadline, "the second workspace didn't start"
        time.sleep(0.1)
    return address


def _clouds(folder: Path, theirs: str, address: str) -> Path:
    """SDK v1's list of clouds, with the one address for Azure Resource Manager."""
    clouds = json.loads((Path(theirs) / "cloudEndpoints.json").read_text())
    for cloud in clouds["clouds"]:
        cloud["endpoints"] |= {"resource_manager": address, "management": address, "active_directory_resource_id": ARM}
    made = folder / "clouds"
    made.mkdir()
    (made / "cloudEndpoints.json").write_text(json.dumps(clouds))
    return made


@contextmanager
def _front(first: str, second: str, tls: Path) -> Iterator[str]:
    """Passes on what is asked of the second workspace by its name, and all else to the first."""
    session = requests.Session()
    session.trust_env = False

    async def pass_on(request: Request) -> Response:
        base = second if f"/workspaces/{PROD}" in request.url.path.lower() else first
        headers = {name: value for name, value in request.headers.items() if name not in (*HOP, "host")}
        url, body = f"{base}{request.url.path}?{request.url.query}", await request.body()
        answer = await run_in_threadpool(session.request, request.method, url, headers=headers, data=body)
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP}
        return Response(answer.content, answer.status_code, kept)

    methods = ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD"]
    app, port = Starlette(routes=[Route("/{path:path}", pass_on, methods=methods)]), free_port()
    certificate = str(tls / "server.pem")
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, ssl_certfile=certificate, ssl_keyfile=certificate, log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"https://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(SECONDS)
