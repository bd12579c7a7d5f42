"""Inference servers that are forked: they listen as those of an interpreter of their own do."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop

from azureml_emulator.azure.services.replicas.servers import ALWAYS, Servers, gunicorn_folders
from azureml_emulator.execution.forkserver.template import MODULES
from azureml_emulator.execution.job import Running
from azureml_emulator.execution.variables import inherited_environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux is forked on")
SCRIPT = """
import json, os, socket, sys
listener = socket.socket(fileno=3)
print(json.dumps({
    "is_forked": "azure.monitor" in sys.modules,
    "of_the_server": [name for name in sys.modules if name.startswith("azureml")],
    "port": listener.getsockname()[1],
    "listens": [os.environ["LISTEN_PID"] == str(os.getpid()), os.environ["LISTEN_FDS"], os.get_inheritable(3)],
    "open": sorted(int(name) for name in os.listdir("/proc/self/fd"))[:5],
    "argv": sys.argv, "path": sys.path[0], "name": __name__, "unbuffered": sys.stdout.write_through,
    "set": os.environ["SET"],
}))
sys.exit(int(sys.argv[1]))
"""


def run(asking: Coroutine[Any, Any, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """In a loop of the emulator's kind."""
    loop = uvloop.new_event_loop()
    try:
        return loop.run_until_complete(asking)
    finally:
        loop.close()


async def portrait(servers: Servers, folder: Path, python: str = sys.executable) -> dict[str, Any]:
    log = folder / "log.txt"
    log.unlink(missing_ok=True)
    environment = {**os.environ, **ALWAYS, "SET": "yes"}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        words = [str(folder / "server"), "7"]
        server: Running = await servers.start(
            python, words, folder=folder, environment=environment, log=log, listen=listener
        )
    assert await server.wait() == 7, log.read_text()
    said: dict[str, Any] = json.loads(log.read_text())
    return said | {"port": said["port"] == port}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "server").write_text(f"#!{sys.executable}\n{SCRIPT}")
    (tmp_path / "server").chmod(0o755)
    return tmp_path


def test_the_second_one_on_is_forked_and_listens_as_the_first(folder: Path) -> None:
    async def three() -> list[dict[str, Any]]:
        servers = Servers()
        try:
            return [await portrait(servers, folder) for _ in range(3)]
        finally:
            await servers.close()

    first, *rest = run(three())
    assert first["port"]
    assert not first.pop("is_forked")
    assert rest == [first | {"is_forked": True}] * 2


def test_another_environments_python_starts_its_own(folder: Path) -> None:
    async def two() -> list[dict[str, Any]]:
        servers = Servers()
        try:
            return [await portrait(servers, folder, "/another/python") for _ in range(2)]
        finally:
            await servers.close()

    assert [said["is_forked"] for said in run(two())] == [False, False]


SCORE = """
import json, os, sys
import helper, beside
def init():
    pass
def run(data):
    places = [one for one in sys.path if one not in json.loads(os.environ["INSTALLED"])]
    return {"cwd": os.getcwd(), "path": places, "files": [helper.__file__, beside.__file__], "forked": "template" in
            open("/proc/self/cmdline").read(), "own": "simplejson" in sys.modules, "name": sys.argv[0]}
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The folder of an image, with the entry script in a folder of its own, and what it imports."""
    (app := tmp_path / "app" / "code").mkdir(parents=True)
    (tmp_path / "app" / "source").mkdir()
    (app / "score.py").write_text(SCORE)
    (app / "beside.py").touch()
    (tmp_path / "app" / "source" / "helper.py").touch()
    return tmp_path / "app"


async def answer(servers: Servers, app: Path) -> dict[str, Any]:
    """What the service says of itself, of a server that is as `start_replica` has it."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        port = listener.getsockname()[1]
        command = [str(Path(sys.executable).with_name("azmlinfsrv")), "--entry_script", str(app / "code" / "score.py")]
        environment = {
            **inherited_environment(),
            **ALWAYS,
            "AML_APP_ROOT": str(app / "code"),
            "AML_APP_INSIGHTS_ENABLED": "false",
            "GUNICORN_CMD_ARGS": "--pythonpath source --no-control-socket",
            "INSTALLED": json.dumps(sys.path),
        }
        server = await servers.start(
            sys.executable,
            [*command, "--port", str(port)],
            folder=app,
            environment=environment,
            log=app.parent / "log.txt",
            listen=listener,
        )
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            came = await client.post(f"http://127.0.0.1:{port}/score", content="{}")
    finally:
        await server.stop()
    assert came.status_code == 200, (app.parent / "log.txt").read_text()
    said: dict[str, Any] = came.json()
    return said


def answers(app: Path, change: Callable[[], object]) -> list[dict[str, Any]]:
    async def all_of() -> list[dict[str, Any]]:
        servers = Servers()
        try:
            found = [await answer(servers, app) for _ in range(2)]
            change()
            return [*found, await answer(servers, app)]
        finally:
            await servers.close()

    return run(all_of())


def test_azmlinfsrv_finds_the_same_when_it_is_forked(app: Path) -> None:
    own = app / "source" / "simplejson.py"

    first, second, third = answers(app, lambda: own.write_text("from json import *"))
    assert first["cwd"] == str(app)
    assert (first.pop("forked"), second.pop("forked"), third["forked"]) == (False, True, False)
    assert second == first
    assert third["own"]


SERVER = """
import azureml_inference_server_http.amlserver_linux
from azureml_inference_server_http.server import aml_blueprint, appinsights_client, config, routes
"""


def imported(program: str) -> set[str]:
    """The names of the modules that there are after it."""
    environment = {**os.environ, "AML_APP_ROOT": "/", "AZUREML_ENTRY_SCRIPT": "score.py"}
    command = [sys.executable, "-c", f"{program}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return set(json.loads(said.splitlines()[-1]))


def test_what_is_imported_beforehand_is_what_the_server_imports_before_its_script() -> None:
    """Else a score.py would find modules that it hasn't on Azure."""
    assert imported(f"import {', '.join(MODULES['replicas'])}") - imported(SERVER) <= {"runpy"}


@pytest.mark.parametrize(
    ("arguments", "places"),
    [
        ("", {"."}),
        ("--workers 2 --pythonpath source,/else -k sync", {".", "source", "/else"}),
        ('--pythonpath="my libs" --chdir lib', {".", "lib", "lib/my libs"}),
        ("--pythonp\tsource", {".", "source"}),
        ("-c python:settings", None),
        ("--config settings.py", None),
        ("--pythonpath 'open", None),
        ("--chdir", None),
    ],
)
def test_from_where_gunicorn_imports(tmp_path: Path, arguments: str, places: set[str] | None) -> None:
    found = gunicorn_folders(tmp_path, {"GUNICORN_CMD_ARGS": arguments})
    assert found is None if places is None else set(found or ()) == {tmp_path / place for place in places}


@pytest.mark.parametrize("place", ["", "lib"])
def test_a_file_of_gunicorns_may_say_more(tmp_path: Path, place: str) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / place / "gunicorn.conf.py").touch()
    assert gunicorn_folders(tmp_path, {"GUNICORN_CMD_ARGS": "--chdir lib"}) is None
