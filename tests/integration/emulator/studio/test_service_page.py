"""The page of a service over HTTP, what is asked of the service from there, and the files of runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.studio.studio_client import Studio
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Experiment, Model, Workspace
    from azureml.core.compute import AksCompute
    from azureml.core.model import InferenceConfig

Deploy = Callable[..., Any]
NAME = "page-echo"


@pytest.fixture(scope="module")
def service(
    workspace: Workspace, cluster: AksCompute, scoring: InferenceConfig, model: Callable[[str], Model]
) -> Iterator[Any]:
    from azureml.core import Model
    from azureml.core.webservice import AksWebservice

    options = {"num_replicas": 1, "autoscale_enabled": False, "cpu_cores": 0.1, "memory_gb": 0.5}
    configuration = AksWebservice.deploy_configuration(**options, scoring_timeout_ms=1000)
    service = Model.deploy(workspace, NAME, [model("one")], scoring, configuration, cluster)
    service.wait_for_deployment()
    yield service
    service.delete()


def send(studio: Studio, path: str, body: bytes = b"", token: str = "", **headers: str) -> requests.Response:
    """As the page's script does, with the token that the page has."""
    own = re.findall('data-token="([0-9a-f]{64})"', studio.text(f"/services/{NAME}"))[0]
    sent = {"Origin": studio.origin, "form-token": token or own, **headers}
    return studio.session.post(studio.base + path, data=body, headers=sent, timeout=60)


def echoed(answer: requests.Response) -> dict[str, Any]:
    """What the service said, out of the part of a page that it is shown in."""
    assert answer.status_code == 200, answer.text
    (text,) = re.findall(r'<pre class="log" tabindex="0">\n(.*?)</pre>', answer.text, re.DOTALL)
    said: dict[str, Any] = json.loads(text.replace("&#34;", '"'))
    return said


def test_what_the_page_says(studio: Studio, service: Any) -> None:
    html = studio.text(f"/services/{NAME}")
    for words in (service.scoring_uri, service.swagger_uri, "1 of 1 replicas ready", "<dd>key</dd>", "curl --noproxy"):
        assert words in html
    (model,) = service.models if hasattr(service.models[0], "id") else [service.models[0]]
    assert f'href="/studio/models#{model.id.replace(":", "%3A")}"' in html
    assert f'href="/studio/services/{NAME}"' in studio.text("/models")
    assert not [key for key in service.get_keys() if key in html]
    assert studio.get("/services/none").status_code == 404


def test_the_key_is_for_who_asks(studio: Studio, service: Any, emulator: Emulator) -> None:
    answer = send(studio, f"/services/{NAME}/key")
    assert (answer.json(), answer.headers["Cache-Control"]) == ({"key": service.get_keys()[0]}, "no-store")
    assert send(studio, f"/services/{NAME}/key", token="0" * 64).status_code == 403
    other = Studio(emulator)
    theirs = re.findall('data-token="([0-9a-f]{64})"', other.text(f"/services/{NAME}"))[0]
    assert send(studio, f"/services/{NAME}/key", token=theirs).status_code == 403
    assert studio.get(f"/services/{NAME}/key").status_code in (400, 404, 405)


def test_a_request_goes_to_the_service_with_its_key(studio: Studio, service: Any) -> None:
    answer = send(studio, f"/services/{NAME}/test", b"12345", **{"Content-Type": "image/jpeg"})
    said = echoed(answer)
    assert (said["bytes"], said["method"], said["model"], said["authorization"]) == (5, "POST", "one", None)
    assert "200 OK</span> after" in answer.text
    assert "echo-model-dir" in answer.text
    assert not [key for key in service.get_keys() if key in answer.text]
    refused = send(studio, f"/services/{NAME}/test", b"12345", token="0" * 64)
    assert (refused.status_code, "reload the page" in refused.text) == (403, True)


def test_a_body_that_is_too_long(studio: Studio, service: Any) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(101):
            yield bytes(2**20)

    answer = send(studio, f"/services/{NAME}/test", parts())  # type: ignore[arg-type]
    assert (answer.status_code, "a request of at most 8388608 bytes is read" in answer.text) == (400, True)


def test_logs(studio: Studio, service: Any) -> None:
    html = studio.text(f"/services/{NAME}")
    (path,) = re.findall(r'href="/studio(/services/[^"]+/logs/[^"]+)"', html)
    log = studio.get(path)
    assert (log.status_code, log.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert "init with one" in log.text
    for other in ("1/none.log", "..%2F..%2F..%2Fsecrets.json/x", "1/..%2F..%2F..%2Fsecrets.json"):
        assert studio.get(f"/services/{NAME}/logs/{other}").status_code == 404


def test_a_service_without_keys_and_one_with_tokens(
    studio: Studio, workspace: Workspace, cluster: AksCompute, service: Any
) -> None:
    service.update(auth_enabled=False)
    html = studio.text(f"/services/{NAME}")
    assert "No key is needed" in html
    assert "Authorization" not in html
    assert echoed(send(studio, f"/services/{NAME}/test", b"1"))["bytes"] == 1
    service.update(auth_enabled=False, token_auth_enabled=True)
    assert "<dd>token</dd>" in studio.text(f"/services/{NAME}")
    assert echoed(send(studio, f"/services/{NAME}/test", b"12"))["bytes"] == 2
    token = send(studio, f"/services/{NAME}/key").json()["key"]
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.post(service.scoring_uri, b"123", headers=headers, timeout=30).json()["bytes"] == 3


def test_files_of_a_run_can_do_nothing(studio: Studio, experiment: Experiment, tmp_path: Path) -> None:
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    for name in ("report.html", "notes.txt", "drawing.svg"):
        (tmp_path / name).write_text("<script>alert(1)</script>")
        run.upload_file(f"outputs/{name}", str(tmp_path / name))
    run.complete()
    html = studio.text(f"/runs/{run.id}")
    types = {"report.html": "text/html", "notes.txt": "text/plain", "drawing.svg": "application/octet-stream"}
    for name, kind in types.items():
        path = f"/runs/{run.id}/files/outputs%2F{name}"
        assert f'href="/studio/runs/{run.id}/files/outputs/{name}"' in html
        answer = studio.get(path.replace("%2F", "/"))
        assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, kind)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; ")
        assert answer.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
        assert (answer.headers["X-Content-Type-Options"], answer.headers["X-Frame-Options"]) == ("nosniff", "DENY")
    for path in ("none.html", "..%2F..%2F..%2F..%2Fsecrets.json", "%2e%2e/%2e%2e/secrets.json", "outputs"):
        assert studio.get(f"/runs/{run.id}/files/{path}").status_code in (400, 404)


@pytest.mark.parametrize("path", [f"/services/{NAME}", f"/services/{NAME}/logs/1/a.log", "/runs/x/files/a.html"])
def test_nothing_without_a_session(emulator: Emulator, path: str) -> None:
    assert requests.get(f"{emulator.http}/studio{path}", timeout=10).status_code == 401
    assert requests.post(f"{emulator.http}/studio{path}", timeout=10).status_code == 403
