"""A client that releases by SDK v2's wire all the time: a new deployment, all traffic to it, the end of the other."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import requests

from tests.integration.emulator.kills.wire import Wire, scoped
from tests.integration.emulator.waiting import until

ENDPOINT, PATH = "kills", "/onlineEndpoints/kills"
COLORS = ("blue", "green")
HEADER = "azureml-model-deployment"
_ENVIRONMENT = scoped("", "/environments/kills/versions/1")
_CODE = "/codes/kills-online/versions/1"
_SCRIPT = "import os\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    return os.environ['CONTENT']\n"
_PAUSE_SECONDS = 0.1
_GOING = ("Creating", "Updating", "Deleting")


class Online:
    """What is known of the endpoint, from one life to the next."""

    def __init__(self) -> None:
        self.live: str | None = None
        """The deployment whose traffic was answered."""
        self.asked: str | None = None
        """The one whose traffic was asked for since: it may have it or not."""
        self.contents: dict[str, list[str]] = {color: [] for color in COLORS}
        """Of each deployment, what was asked for since it was made: an update that is killed is as it was before."""
        self.moves = 0
        self.problems: list[str] = []

    def set_up(self, wire: Wire) -> None:
        """After the environment of jobs. The first deployment has all traffic."""
        body = {"pendingUploadType": "TemporaryBlobReference"}
        reference = _sent(wire, "POST", f"{_CODE}/startPendingUpload", body)["blobReferenceForConsumption"]
        container, _, sas = reference["credential"]["sasUri"].partition("?")
        blob = f"/{container.rpartition('/')[2]}/online/score.py?{sas}"
        assert wire.send("PUT", blob, data=_SCRIPT).status_code == 201
        _sent(wire, "PUT", _CODE, {"properties": {"codeUri": f"{reference['blobUri']}/online"}})
        _sent(wire, "PUT", PATH, {"properties": {"authMode": "Key"}})
        self._deploy(wire, "blue")
        until(lambda: _state(wire, "blue") == "Succeeded", "the first deployment", 60)
        self._move(wire, "blue")

    def release(self, wire: Wire, stop: threading.Event) -> None:
        """Until it is stopped or the workspace is gone."""
        try:
            while not stop.wait(_PAUSE_SECONDS):
                self._go_on(wire)
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            pass
        except AssertionError as error:
            self.problems.append(str(error))

    def check(self, wire: Wire) -> None:
        """It answers by the deployment whose traffic was answered, or was asked for since, and that is what it was."""
        assert not self.problems, self.problems
        traffic = {name: share for name, share in _properties(wire, PATH)["traffic"].items() if share}
        assert traffic in ({self.live: 100}, {self.asked: 100}), f"{traffic}, not all of it to {self.live}"
        (self.live,), self.asked = traffic, None
        until(lambda: _state(wire, str(self.live)) == "Succeeded", f"the deployment {self.live} to come back", 60)
        key = _sent(wire, "POST", f"{PATH}/listKeys", None)["primaryKey"]
        uri, sent = _properties(wire, PATH)["scoringUri"], {"Authorization": f"Bearer {key}"}
        answer = requests.post(uri, json={}, headers=sent, timeout=60)
        assert answer.status_code == 200, answer.text
        assert (answer.headers[HEADER], answer.json() in self.contents[self.live]) == (self.live, True), answer.text

    def _go_on(self, wire: Wire) -> None:
        """One step of a release, whatever an earlier life has left of it."""
        other = next(color for color in COLORS if color != self.live)
        state = _state(wire, other)
        if state == "Succeeded" and self.contents[other]:
            old = str(self.live)
            self._move(wire, other)
            self._end(wire, old)
        elif state is None:
            self._deploy(wire, other)
        elif state not in _GOING:
            self._end(wire, other)

    def _deploy(self, wire: Wire, color: str) -> None:
        content = uuid.uuid4().hex
        self.contents[color].append(content)
        properties = {
            "endpointComputeType": "Managed",
            "instanceType": "Standard_DS3_v2",
            "environmentId": _ENVIRONMENT,
            "codeConfiguration": {"codeId": scoped("", _CODE), "scoringScript": "score.py"},
            "environmentVariables": {"CONTENT": content},
            "requestSettings": {"maxQueueWait": "PT20S", "requestTimeout": "PT20S"},
        }
        path = scoped("", f"{PATH}/deployments/{color}")
        _accepted(wire.write("PUT", path, json={"properties": properties}))

    def _move(self, wire: Wire, color: str) -> None:
        self.asked = color
        _sent(wire, "PUT", PATH, {"properties": {"authMode": "Key", "traffic": {color: 100}}})
        self.live, self.asked = color, None
        self.moves += 1

    def _end(self, wire: Wire, color: str) -> None:
        if _accepted(wire.write("DELETE", scoped("", f"{PATH}/deployments/{color}"))):
            self.contents[color].clear()


def _accepted(response: requests.Response) -> bool:
    """False while the deployment is busy: then it is asked for again."""
    assert response.ok or response.status_code == 409, response.text
    return response.ok


def _sent(wire: Wire, method: str, path: str, body: object) -> Any:
    response = wire.write(method, scoped("", path), json=body)
    assert response.ok, f"{method} {path} answered {response.status_code}: {response.text[:500]}"
    return response.json()


def _properties(wire: Wire, path: str) -> Any:
    response = wire.send("GET", scoped("", path))
    assert response.ok, f"GET {path} answered {response.status_code}: {response.text[:500]}"
    return response.json()["properties"]


def _state(wire: Wire, color: str) -> str | None:
    """None where it is gone."""
    response = wire.send("GET", scoped("", f"{PATH}/deployments/{color}"))
    return None if response.status_code == 404 else str(response.json()["properties"]["provisioningState"])
