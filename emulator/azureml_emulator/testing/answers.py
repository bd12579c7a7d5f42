"""The JSON that was answered, one line an answer, for a check of its shape: off, but where a variable asks for it.

Answers hold keys and signed addresses, so the file is for tests alone.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

VARIABLE = "AZUREML_EMULATOR_KEEP_ANSWERS"
FILE = "answers.log"
_MAX_BYTES = 256 * 1024 * 1024
_MAX_ANSWER_BYTES = 1024 * 1024


def keeping_answers(app: ASGIApp, folder: Path) -> ASGIApp:
    return _AnswersMiddleware(app, folder / FILE) if os.environ.get(VARIABLE) else app


class _AnswersMiddleware:
    def __init__(self, app: ASGIApp, path: Path) -> None:
        self._app = app
        self._file = path.open("ab", buffering=0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, parts, wanted = 0, list[bytes](), False

        async def note(message: Message) -> None:
            nonlocal status, wanted
            if message["type"] == "http.response.start":
                status = message["status"]
                wanted = dict(message["headers"]).get(b"content-type", b"").startswith(b"application/json")
            elif wanted and sum(map(len, parts)) <= _MAX_ANSWER_BYTES:
                parts.append(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, note)
        if wanted:
            self._write(scope, status, b"".join(parts))

    def _write(self, scope: Scope, status: int, body: bytes) -> None:
        """As it was sent: the checker reads the JSON. Too much is left out."""
        if len(body) > _MAX_ANSWER_BYTES or self._file.tell() > _MAX_BYTES:
            return
        head = json.dumps({"method": scope["method"], "path": scope["path"], "status": status}).encode()
        with suppress(OSError):  # a full disk is no reason to fail a request that has been answered
            self._file.write(head[:-1] + b', "body": ' + b" ".join(body.splitlines()) + b"}\n")
