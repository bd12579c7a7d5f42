"""A shell that holds all that would lead Azure's libraries elsewhere, and a proxy that notes who comes to it."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NETRC = "default login somebody password elsewhere\n"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
ELSEWHERE = "00000000-0000-0000-0000-00000000feed"
CREDENTIALS = {
    "AZURE_CLIENT_ID": ELSEWHERE,
    "AZURE_TENANT_ID": ELSEWHERE,
    "AZURE_CLIENT_SECRET": "a-secret-of-elsewhere",
    "AZURE_CLIENT_CERTIFICATE_PATH": "/nowhere/certificate.pem",
    "AZURE_USERNAME": "somebody",
    "AZURE_PASSWORD": "elsewhere",
    "AZURE_FEDERATED_TOKEN_FILE": "/nowhere/token",
    "AZURE_AUTHORITY_HOST": "https://login.example",
    "AZURE_TOKEN_CREDENTIALS": "dev",
    "AZUREML_CURRENT_CLOUD": "AzureUSGovernment",
    "AZUREML_DEV_URL_HISTORY": "http://history.example",
    "AZUREML_RUN_ID": "a-run-of-elsewhere",
    "IDENTITY_ENDPOINT": "http://identity.example/token",
    "IDENTITY_HEADER": "a-header-of-elsewhere",
    "IMDS_ENDPOINT": "http://imds.example",
    "MSI_ENDPOINT": "http://msi.example/token",
    "MSI_SECRET": "another-secret-of-elsewhere",
    "OBO_ENDPOINT": "http://obo.example/token",
}
TRUST = {
    "REQUESTS_CA_BUNDLE": "/nowhere/bundle.pem",
    "CURL_CA_BUNDLE": "/nowhere/bundle.pem",
    "SSL_CERT_FILE": "/nowhere/bundle.pem",
    "SSL_CERT_DIR": "/nowhere/certificates",
}


def hostile_variables(proxy: str) -> dict[str, str]:
    """None of them `NO_PROXY`: nothing keeps this machine's own addresses from the proxy."""
    return CREDENTIALS | TRUST | dict.fromkeys(PROXIES, proxy)


def write_netrc(home: Path) -> None:
    file = home / ".netrc"
    file.write_text(NETRC)
    file.chmod(0o600)


@contextmanager
def recording_proxy() -> Iterator[tuple[str, list[str]]]:
    """Its address, and the first line of each request that it got; it answers none."""
    seen: list[str] = []

    class Note(socketserver.StreamRequestHandler):
        timeout = 5

        def handle(self) -> None:
            seen.append(self.rfile.readline(200).decode("latin-1").strip())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Note) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
        server.shutdown()
