"""A real HTTP server on loopback that answers as each test asks it to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    method: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Response:
    status: int = 200
    answer: dict[str, object] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


class HttpStub(ThreadingHTTPServer):
    """Answers each request with what ``respond`` returns for it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.respond: Callable[[Request], Response] = lambda request: Response(answer={"class": request.body[0]})
        self.uri = f"http://127.0.0.1:{self.server_address[1]}/score"

    def handle_error(self, *_: object) -> None:
        """A client that went away isn't worth a traceback."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HttpStub

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        response = self.server.respond(Request(self.command, dict(self.headers), body))
        content = json.dumps(response.answer).encode()
        self.send_response(response.status)
        for name, value in {"Content-Length": str(len(content)), **response.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer  # noqa: N815 -- the names that http.server looks for

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve() -> Iterator[HttpStub]:
    with HttpStub() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
