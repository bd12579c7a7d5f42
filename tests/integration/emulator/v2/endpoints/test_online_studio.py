"""The studio's pages of online endpoints, as a browser without script has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import requests

from tests.integration.emulator.studio.studio_client import Studio
from tests.integration.emulator.v2.endpoints.serving import assets, managed
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

NAME = "os-page"
PAGE = f"/online-endpoints/{NAME}"


@pytest.fixture(scope="module")
def studio(emulator: Emulator, client: MLClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """With an endpoint of two deployments, of which one has all of the traffic and the other is broken."""
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    made_of = assets(client, tmp_path_factory.mktemp("studio"), "os")
    asked = ManagedOnlineEndpoint(name=NAME, description="a <b>page</b>", tags={"team": "<i>x</i>"})
    endpoint = client.online_endpoints.begin_create_or_update(asked).result()
    started = [
        client.online_deployments.begin_create_or_update(managed(NAME, name, made_of, colour))
        for name, colour in (("blue", ""), ("red", "broken"))
    ]
    started[0].result()
    with pytest.raises(Exception, match="the weights are broken"):
        started[1].result()
    endpoint.traffic = {"blue": 100}
    client.online_endpoints.begin_create_or_update(endpoint).result()
    yield Studio(emulator)
    client.online_endpoints.begin_delete(NAME).result()


def send(studio: Studio, path: str, body: bytes = b"", token: str = "") -> requests.Response:
    """As the page's script does, with the token that the page has."""
    own = re.findall('data-token="([0-9a-f]{64})"', studio.text(PAGE))[0]
    headers = {"Origin": studio.origin, "form-token": token or own, "Content-Type": "application/json"}
    return studio.session.post(studio.base + PAGE + path, data=body, headers=headers, timeout=30)


def test_the_lists_have_it(studio: Studio) -> None:
    for path in ("", "/services"):
        text = studio.text(path)
        assert f'<a id="page-of-{NAME}" href="/studio/online-endpoints/{NAME}">{NAME}</a>' in text
        assert "100 % to blue" in text
        assert "a &lt;b&gt;page&lt;/b&gt;" in text
    assert f'href="/studio/online-endpoints/{NAME}#of-blue">{NAME}/blue</a>' in studio.text("/models")


def test_its_page(studio: Studio, client: MLClient) -> None:
    text, endpoint = studio.text(PAGE), client.online_endpoints.get(NAME)
    for shown in (endpoint.scoring_uri, endpoint.openapi_uri, "1 of 1 ready", "0 of 1 ready", "Standard_DS3_v2"):
        assert shown in text
    assert "os-model:1" in text
    assert "&lt;i&gt;x&lt;/i&gt;" in text
    assert "RuntimeError: the weights are broken" in text
    assert "client.online_endpoints.get_keys" in text
    keys = client.online_endpoints.get_keys(NAME)
    assert keys.primary_key not in text
    (log,) = set(re.findall(rf'href="/studio({PAGE}/blue/logs/[^"]+)"', text))
    assert "starts as blue" in studio.text(log)
    assert studio.get(f"{PAGE}/blue/logs/9/replica-9.log").status_code == 404
    assert studio.get(f"{PAGE}/{'ä' * 200}/logs/1/replica-1.log").status_code == 404
    assert studio.get("/online-endpoints/none").status_code == 404


def test_its_key_by_the_button(studio: Studio, client: MLClient) -> None:
    assert send(studio, "/key").json() == {"key": client.online_endpoints.get_keys(NAME).primary_key}
    assert send(studio, "/key", token="0" * 64).status_code == 403


def test_it_can_be_tried(studio: Studio) -> None:
    answer = send(studio, "/test", b"{}")
    (text,) = re.findall(r'<pre class="log" tabindex="0">\n(.*?)</pre>', answer.text, re.DOTALL)
    assert json.loads(text.replace("&#34;", '"'))["COLOUR"] == "blue"
    assert send(studio, "/test", b"{}", token="0" * 64).status_code == 403
