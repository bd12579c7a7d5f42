"""As whom steps and commands sign in: of a compute's identities, the one that Azure ML names."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from workspaces.azure.credential import OWN_IDENTITY, find_credential


class Endpoint(HTTPServer):
    """The identity endpoint of a compute, which notes which identity is asked for."""

    asked: list[str]


class Answer(BaseHTTPRequestHandler):
    server: Endpoint

    def do_GET(self) -> None:
        self.server.asked += parse_qs(urlsplit(self.path).query).get("clientid", ["none"])
        body = json.dumps({"access_token": "t", "token_type": "Bearer", "expires_on": "4102444800", "resource": "r"})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "IDENTITY_ENDPOINT", OWN_IDENTITY):
        monkeypatch.delenv(name, raising=False)
    with Endpoint(("127.0.0.1", 0), Answer) as server:
        server.asked = []
        monkeypatch.setenv("MSI_ENDPOINT", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setenv("MSI_SECRET", "s")
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(("variables", "asked"), [({}, "none"), ({OWN_IDENTITY: "mine"}, "mine")])
def test_the_identity_that_azure_ml_names_is_asked_for(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], asked: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert find_credential().get_token("https://storage.azure.com/.default").token == "t"
    assert endpoint.asked == [asked]
