"""The page's client in Python, before a service that doesn't answer."""

import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[3] / "docs" / "calling.md"
OWN_STATUS = "ms-azureml-model-error-statuscode"


class Refusing(http.server.BaseHTTPRequestHandler):
    """Answers each request with the server's `status`, `body` and `own`, and counts them."""

    def do_POST(self) -> None:
        server: Any = self.server
        server.asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(server.status)
        self.send_header("Retry-After", "0")
        if server.own:
            self.send_header(OWN_STATUS, str(server.own))
        self.send_header("Content-Length", str(len(server.body)))
        self.end_headers()
        self.wfile.write(server.body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def service() -> Iterator[Any]:
    server: Any = http.server.HTTPServer(("127.0.0.1", 0), Refusing)
    server.asked, server.own, server.body = 0, None, b"{}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "own", "body", "asked"),
    [
        (400, None, b"{}", 1),
        (500, None, b'{"error": {"code": "ModelFailed"}}', 1),
        (502, None, b'{"error": {"code": "ModelFailed"}}', 1),  # as azureml-fe passes it on
        (502, None, b"the replica closed the connection", 3),
        (503, None, b'{"error": {"code": "Overloaded"}}', 3),
        (424, 400, b"{}", 1),  # a managed endpoint's
        (424, 503, b'{"error": {"code": "Overloaded"}}', 3),
        (429, None, b"", 3),
    ],
)
def test_it_tries_again_where_that_helps(
    service: Any, monkeypatch: pytest.MonkeyPatch, status: int, own: int | None, body: bytes, asked: int
) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    page: dict[str, Any] = {}
    exec(block[: block.index("\nwith open(")], page)  # noqa: S102 -- the page's own
    monkeypatch.setenv("SCORING_URI", f"http://127.0.0.1:{service.server_port}/score")
    monkeypatch.setenv("SCORING_KEY", "key")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    service.status, service.own, service.body = status, own, body

    with pytest.raises(SystemExit, match=f"^{own or status}: "):
        page["score"](b"{}", "application/json", attempts=3)

    assert service.asked == asked
