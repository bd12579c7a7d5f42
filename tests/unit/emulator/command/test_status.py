"""What a local workspace says of itself while it takes the place of an earlier life, on the same ports."""

import fcntl
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from azureml_emulator.command import daemon
from azureml_emulator.state.disk.files import ADDRESS, LOCK


def test_the_process_is_the_one_that_answers(tmp_path: Path) -> None:
    class Starting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            (tmp_path / ADDRESS).write_text(json.dumps(address | {"pid": 2}))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"workspace": "a"}')

        def log_message(self, *_arguments: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Starting) as server, (tmp_path / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        address = {"pid": 1, "http": f"http://127.0.0.1:{server.server_port}", "workspace_id": "a"}
        (tmp_path / ADDRESS).write_text(json.dumps(address))
        threading.Thread(target=server.handle_request).start()
        assert (daemon.status(tmp_path) or {})["pid"] == 2
