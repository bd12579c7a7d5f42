"""Who may see the studio page, and whose forms it takes."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from azureml_emulator.studio.routes import routes
from tests.integration.emulator.studio.studio_client import LISTS, Studio, forms_of, new_address
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Experiment
    from azureml.pipeline.core import PublishedPipeline

POSTS = [route.path for route in routes if "POST" in (route.methods or ())]


def test_the_address_signs_in_once(emulator: Emulator) -> None:
    address = new_address(emulator)
    assert address.startswith(f"{emulator.http}/studio/open?ticket=")
    first = requests.get(address, timeout=10, allow_redirects=False)
    assert (first.status_code, first.headers["Location"]) == (303, "/studio")
    cookie = first.headers["Set-Cookie"]
    assert {"HttpOnly", "Path=/studio", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
    again = requests.get(address, timeout=10, allow_redirects=False)
    assert (again.status_code, "Set-Cookie" in again.headers) == (401, False)
    assert "azureml-emulator studio" in again.text


def test_the_request_log_holds_no_ticket(emulator: Emulator) -> None:
    address = new_address(emulator)
    requests.get(address, timeout=10)
    log = (emulator.folder / "requests.log").read_text()
    assert "/studio/open" in log
    assert address.rpartition("=")[2] not in log


@pytest.mark.parametrize("path", [*LISTS, "/runs/x", "/runs/x/log", "/runs/x/images/a.png", "/none", "/open"])
def test_without_a_session_no_page(emulator: Emulator, bearer: dict[str, str], path: str) -> None:
    for headers in ({}, bearer, {"Cookie": f"studio-{emulator.address['workspace_id'][:8]}=x.y.z"}):
        answer = requests.get(f"{emulator.http}/studio{path}", headers=headers, timeout=10)
        assert answer.status_code == 401
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "azureml-emulator studio" in answer.text


def test_a_session_is_no_bearer(studio: Studio, emulator: Emulator) -> None:
    (cookie,) = studio.session.cookies.values()
    for secret in (cookie, ""):
        url = f"{emulator.http}/modelmanagement/v1.0{emulator.scope}/models"
        assert requests.get(url, headers={"Authorization": f"Bearer {secret}"}, timeout=10).status_code == 401
        assert studio.session.get(url, timeout=10).status_code == 401


def test_verb_without_a_workspace(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "azureml_emulator", "studio", "--state", str(tmp_path / "none")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (8, "")
    assert "no local workspace runs" in ended.stderr


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1.evil.example:{port}", ""]
)
def test_names_that_resolve_to_loopback_are_refused(studio: Studio, emulator: Emulator, host: str) -> None:
    """DNS rebinding: the browser takes the page for one of another site, which could then read it."""
    host = host.format(port=emulator.http.rpartition(":")[2])
    for path in ("", "/open?ticket=x", "/static/style.css"):
        answer = studio.get(path, headers={"Host": host})
        assert answer.status_code == 403
        assert f"it is at {emulator.http}/studio" in answer.text


def test_localhost_is_this_machine_too(emulator: Emulator) -> None:
    port = emulator.http.rpartition(":")[2]
    assert requests.get(new_address(emulator), headers={"Host": f"localhost:{port}"}, timeout=10).status_code == 200


def test_the_tls_listener_asks_the_same(emulator: Emulator) -> None:
    trusted = str(emulator.folder / "tls" / "bundle.pem")
    address = new_address(emulator).replace(emulator.http, emulator.address["tls"])
    first = requests.get(address, timeout=10, allow_redirects=False, verify=trusted)
    assert (first.status_code, "Secure" in first.headers["Set-Cookie"]) == (303, True)
    assert requests.get(f"{emulator.address['tls']}/studio", timeout=10, verify=trusted).status_code == 401


@pytest.mark.parametrize("path", POSTS)
def test_forms_of_other_sites_do_nothing(studio: Studio, path: str) -> None:
    concrete = re.sub(r"{\w+}", "x", path.removeprefix("/studio"))
    port = studio.origin.rpartition(":")[2]
    for origin in (None, "null", "https://evil.example", "http://127.0.0.1:1", f"https://127.0.0.1:{port}"):
        refused = studio.post(concrete, {"form_token": "x"}, origin)
        assert (refused.status_code, "another origin" in refused.text) == (403, True)
    for fields in ({}, {"form_token": ""}, {"form_token": "0" * 64}, {"form_token": "ü"}):
        refused = studio.post(concrete, fields)
        assert (refused.status_code, "reload the page" in refused.text) == (403, True)


def test_the_form_token_of_another_session_is_refused(
    studio: Studio, emulator: Emulator, publish: Callable[..., PublishedPipeline], experiment: Experiment
) -> None:
    page = f"/pipelines/{publish('theirs').id}"
    theirs = forms_of(Studio(emulator).text(page))[f"/studio{page}/submit"]
    assert studio.post(f"{page}/submit", theirs | {"experiment": experiment.name}).status_code == 403
    assert list(experiment.get_runs()) == []


def test_a_form_that_is_too_long_is_refused(studio: Studio) -> None:
    refused = studio.post("/runs/x/cancel", {"form_token": "x" * 2_000_000})
    assert (refused.status_code, "a form of at most 1048576 bytes is read" in refused.text) == (400, True)


def test_unsigned_forms_are_refused_before_they_are_read(emulator: Emulator) -> None:
    url = f"{emulator.http}/studio/runs/x/cancel"
    assert requests.post(url, headers={"Origin": emulator.http}, timeout=10).status_code == 401


@pytest.mark.parametrize("path", [*LISTS, "/none", "/static/live.js", "/static/style.css", "/static/icon.svg"])
def test_headers(studio: Studio, path: str) -> None:
    headers = studio.get(path).headers
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert {value for key, value in policy.items() if key.endswith(("-src", "-action"))} == {"'none'", "'self'"}
    assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")


def test_assets_are_all_there_and_nothing_else(studio: Studio) -> None:
    html = studio.text("")
    for asset in re.findall(r'(?:href|src)="/studio(/static/[^"]+)"', html):
        assert studio.get(asset).status_code == 200
    assert studio.get("/static/style.css").headers["Content-Type"].startswith("text/css")
    assert "javascript" in studio.get("/static/live.js").headers["Content-Type"]
    assert studio.get("/static/..%2Froutes.py").status_code == studio.get("/static/none.css").status_code == 404
