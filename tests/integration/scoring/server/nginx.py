"""Microsoft's image around the service: nginx before azmlinfsrv, started by relative paths, as its runit scripts do.

In the image, nginx listens on 5001 and azmlinfsrv on 31311; a body may have 100 MB; nginx keeps it until it is whole,
and speaks HTTP/1.0 to the server. The settings are written anew, for any user.
"""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import requests

from steps.scoring_source import scoring_source
from tests.integration.scoring.server.running import ROOT, START_SECONDS, until

ABSENT = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin") is None
SETTINGS = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 768; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream gunicorn {{ server 127.0.0.1:{server}; }}
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 100m;
        location / {{
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_read_timeout 300;
            proxy_redirect off;
            proxy_pass http://gunicorn;
        }}
    }}
}}
"""


@contextmanager
def container(model_dir: Path, folder: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """What nginx serves, as an address without a path; `folder` gets all files and logs."""
    root = folder / "azureml-app"
    with scoring_source(ROOT) as source:
        shutil.copytree(source, root / "source")
    shutil.copytree(model_dir, root / "azureml-models" / "digits" / "3")
    server, port = _free_port(), _free_port()
    user = "" if os.geteuid() else "user root;"  # else its workers are nobody's, who may not write to the folder
    (folder / "nginx.conf").write_text(SETTINGS.format(folder=folder, server=server, port=port, user=user))
    own = {"AML_APP_ROOT": str(root), "XDG_RUNTIME_DIR": str(folder)}
    own |= {"AZUREML_ENTRY_SCRIPT": "source/scoring/score.py", "AZUREML_MODEL_DIR": "azureml-models/digits/3"}
    start = f'cd "$AML_APP_ROOT" && exec azmlinfsrv --entry_script "$AZUREML_ENTRY_SCRIPT" --port {server}'
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin"])
    environment = {**os.environ, **variables, **own, "PATH": path}
    proxy = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with (
        _running(["sh", "-c", start], environment, folder / "server.log"),
        _running(proxy, environment, folder / "nginx.log"),
    ):
        address = f"http://127.0.0.1:{port}"
        until(lambda: _healthy(address), f"{folder}/server.log", START_SECONDS)
        yield address


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _healthy(address: str) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(address, timeout=START_SECONDS).ok
    return False


@contextmanager
def _running(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """The command and all that it starts, which end with the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(20)
        for child in family:
            with suppress(psutil.NoSuchProcess):
                child.kill()
