"""What the verbs ask of a workspace that runs, signed in as any client is."""

import json
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from azureml_emulator.command import daemon
from azureml_emulator.errors import EmulatorError, NotRunning

_SECONDS = 60.0


def ask(folder: Path, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """The answer of the workspace in a folder. Raises NotRunning, or EmulatorError with what it refused."""
    from azureml_emulator.state.credentials.tokens import Tokens  # the verbs that ask nothing are quicker without

    address = daemon.status(folder)
    if address is None:
        raise NotRunning(folder)
    # Not from the identity endpoint: it may have faults, and these verbs take them back.
    token = Tokens(folder / "secrets.json").bearer("emulator", address["tls"])
    return _send(urlsplit(address["http"]).netloc, method, path, body, {"Authorization": f"Bearer {token}"})


def _send(
    host: str, method: str, path: str, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    with closing(HTTPConnection(host, timeout=_SECONDS)) as connection:
        connection.request(method, path, json.dumps(body) if body else None, headers or {})
        response = connection.getresponse()
        answer: dict[str, Any] = json.load(response)
    if response.status not in (200, 201):
        raise EmulatorError(str(answer.get("message") or answer))
    return answer
