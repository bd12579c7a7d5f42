"""Connections share the certificates that they trust, and trust nobody else."""

import http.server
import shutil
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from requests.adapters import HTTPAdapter

from workspaces.azure import certificates
from workspaces.azure.certificates import share_certificates

CAS = {name: trustme.CA() for name in ("known", "unknown")}


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def uris() -> Iterator[dict[str, str]]:
    """Of a server by each authority."""
    servers = {}
    for name, authority in CAS.items():
        servers[name] = server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {name: f"https://127.0.0.1:{server.server_port}/" for name, server in servers.items()}
    for server in servers.values():
        server.shutdown()
        server.server_close()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    CAS["known"].cert_pem.write_to_path(str(tmp_path / "bundle.pem"))
    return tmp_path / "bundle.pem"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that certificates are read from, each time."""
    for hook in ("cert_verify", "build_connection_pool_key_attributes"):
        monkeypatch.setattr(HTTPAdapter, hook, getattr(HTTPAdapter, hook))  # puts back what is there now
    monkeypatch.setattr(certificates, "_contexts", {})
    share_certificates()
    share_certificates()
    files: list[str] = []

    class Noting(ssl.SSLContext):
        def load_verify_locations(self, cafile: object = None, *rest: object, **named: object) -> None:
            files.append(str(cafile))
            super().load_verify_locations(cafile, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("urllib3.util.ssl_.SSLContext", Noting)
    return files


def get(uri: str, verify: object) -> int:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(uri, verify=verify, timeout=10).status_code  # type: ignore[arg-type]


def test_a_file_is_read_once_for_all_connections(uris: dict[str, str], bundle: Path, read: list[str]) -> None:
    assert [get(uris["known"], str(bundle)) for _ in range(3)] == [204] * 3
    assert read == [str(bundle)]


def test_nobody_else_is_trusted(uris: dict[str, str], bundle: Path, read: list[str]) -> None:
    for _ in range(2):
        for verify in (str(bundle), True):
            with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
                get(uris["unknown"], verify)
    assert get(uris["unknown"], verify=False) == 204
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        get(uris["unknown"], str(bundle))
    with pytest.raises(requests.exceptions.SSLError, match="match"):
        get(uris["known"].replace("127.0.0.1", "localhost"), str(bundle))


def test_a_file_that_has_changed_is_read_again(uris: dict[str, str], bundle: Path, read: list[str]) -> None:
    assert get(uris["known"], str(bundle)) == 204
    CAS["unknown"].cert_pem.write_to_path(str(bundle), append=True)
    assert (get(uris["unknown"], str(bundle)), get(uris["known"], str(bundle))) == (204, 204)
    CAS["unknown"].cert_pem.write_to_path(str(bundle))
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        get(uris["known"], str(bundle))


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_what_is_wrong_with_a_file_is_said_as_without(
    uris: dict[str, str], bundle: Path, read: list[str], text: str | None
) -> None:
    bundle.unlink() if text is None else bundle.write_text(text)
    with pytest.raises(OSError, match=r"Could not find a suitable TLS CA|no certificate or crl found"):
        get(uris["known"], str(bundle))


def test_a_folder_of_certificates_and_a_clients_own_stay_as_they_are(
    uris: dict[str, str], bundle: Path, read: list[str], tmp_path: Path
) -> None:
    (folder := tmp_path / "folder").mkdir()
    shutil.copy(bundle, folder)
    with pytest.raises(requests.exceptions.SSLError):  # its names aren't hashes
        get(uris["known"], str(folder))
    CAS["known"].issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(
        str(tmp_path / "own.pem")
    )
    with requests.Session() as session:
        session.trust_env = False
        for _ in range(2):
            session.get(uris["known"], verify=str(bundle), cert=str(tmp_path / "own.pem"), timeout=10)
            session.close()
    assert read[-2:] == [str(bundle)] * 2


class OwnContext(HTTPAdapter):
    def init_poolmanager(self, *sizes: Any, **named: Any) -> None:
        context = ssl.create_default_context()
        CAS["unknown"].configure_trust(context)
        super().init_poolmanager(*sizes, **named, ssl_context=context)


class OwnAttributes(HTTPAdapter):
    def build_connection_pool_key_attributes(self, *given: Any, **named: Any) -> Any:
        host, pool = super().build_connection_pool_key_attributes(*given, **named)
        return host, pool | {"ca_cert_data": CAS["unknown"].cert_pem.bytes().decode(), "assert_hostname": False}


@pytest.mark.parametrize("adapter", [OwnContext, OwnAttributes])
def test_an_adapter_with_trust_of_its_own_keeps_it(
    uris: dict[str, str], bundle: Path, read: list[str], adapter: type[HTTPAdapter]
) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", adapter())
        assert session.get(uris["unknown"], timeout=10).status_code == 204
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        get(uris["unknown"], verify=True)


def test_a_file_that_is_given_as_a_path_is_the_only_one(uris: dict[str, str], bundle: Path, read: list[str]) -> None:
    assert get(uris["known"], bundle) == 204
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        get(uris["unknown"], bundle)


def test_a_proxy_that_is_reached_by_tls_is_trusted_by_the_file(bundle: Path, read: list[str]) -> None:
    adapter, request = HTTPAdapter(), requests.Request("GET", "https://127.0.0.1:9/").prepare()
    proxies = {"https": "https://127.0.0.1:8"}
    connections = adapter.get_connection_with_tls_context(request, str(bundle), proxies=proxies)
    adapter.cert_verify(connections, str(request.url), str(bundle), None)  # type: ignore[no-untyped-call]
    assert connections.ca_certs == str(bundle)  # type: ignore[attr-defined]
