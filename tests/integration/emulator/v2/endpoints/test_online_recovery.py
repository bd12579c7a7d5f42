"""Endpoints of a workspace that is killed: they are what they were answered to be, and answer again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.integration.emulator.kills.lives import Lives
from tests.integration.emulator.kills.wire import SCOPE
from tests.integration.emulator.v2.endpoints.serving import Caller
from tests.integration.emulator.waiting import until

ENDPOINT = "/onlineEndpoints/or-one"
BLUE = f"{ENDPOINT}/deployments/blue"
SCRIPT = "import os\n\ndef init():\n    pass\n\ndef run(data):\n    return os.environ['COLOUR']\n"


@dataclass
class Killed:
    """A workspace of its own, that is killed and started again, as clients that know its wire see it."""

    lives: Lives
    http: str = ""
    token: str = ""

    def start(self) -> None:
        self.lives.begin()
        address = self.lives.ready()
        self.http = address["http"]
        identity, resource = address["environment"]["MSI_ENDPOINT"], {"resource": address["tls"]}
        self.token = requests.post(identity, resource, timeout=10).json()["access_token"]

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        response = requests.request(method, f"{self.http}{SCOPE}{path}", headers=headers, timeout=60, **options)
        assert response.ok, response.text
        return response

    def put(self, path: str, properties: dict[str, Any]) -> requests.Response:
        return self.send("PUT", path, json={"properties": properties})

    def state(self, path: str) -> str:
        return str(self.send("GET", path).json()["properties"]["provisioningState"])

    def caller(self) -> Caller:
        key = self.send("POST", f"{ENDPOINT}/listKeys").json()["primaryKey"]
        return Caller(f"{self.http}/api/v1/endpoint/or-one/score", key)

    def upload_code(self) -> str:
        """The id of the version."""
        path = "/codes/or-code/versions/1"
        pending = self.send("POST", f"{path}/startPendingUpload", json={"pendingUploadType": "TemporaryBlobReference"})
        reference = pending.json()["blobReferenceForConsumption"]
        container, _, signature = reference["credential"]["sasUri"].partition("?")
        blob = f"{self.http}/{container.split('/', 3)[3]}/scoring/score.py?{signature}"
        requests.put(blob, SCRIPT, headers={"x-ms-blob-type": "BlockBlob"}, timeout=10).raise_for_status()
        return str(self.put(path, {"codeUri": f"{reference['blobUri']}/scoring"}).json()["id"])


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Killed]:
    one = Killed(Lives(tmp_path))
    one.start()
    yield one
    one.lives.end()
    until(lambda: not one.lives.survivors(), "what the workspace started to end")


def test_endpoints_survive_kills(killed: Killed) -> None:
    environment = killed.put("/environments/or-env/versions/1", {"image": "mcr.microsoft.com/azureml/x:1"}).json()["id"]
    properties = {
        "endpointComputeType": "Managed",
        "instanceType": "Standard_DS3_v2",
        "environmentId": environment,
        "codeConfiguration": {"codeId": killed.upload_code(), "scoringScript": "score.py"},
        "environmentVariables": {"COLOUR": "blue"},
        "requestSettings": {"maxQueueWait": "PT20S", "requestTimeout": "PT20S"},
    }
    killed.put(ENDPOINT, {"authMode": "Key"})
    killed.put(BLUE, properties)
    killed.put(ENDPOINT, {"authMode": "Key", "traffic": {"blue": 100}})

    killed.lives.kill()  # in the middle of its creation
    killed.start()
    until(lambda: killed.state(BLUE) == "Succeeded", "the deployment that was asked for")
    caller = killed.caller()
    assert caller.post().json() == "blue"

    killed.put(BLUE, properties | {"environmentVariables": {"COLOUR": "green"}})
    killed.lives.kill()  # in the middle of an update
    killed.start()
    until(lambda: killed.state(BLUE) == "Succeeded", "the deployment as it was before")
    found = killed.send("GET", BLUE).json()["properties"]
    assert found["environmentVariables"] == {"COLOUR": "blue"}
    assert killed.caller() == caller
    assert caller.post().json() == "blue"

    killed.send("DELETE", ENDPOINT)
    killed.lives.kill()  # in the middle of its removal
    killed.start()
    assert killed.send("GET", "/onlineEndpoints").json()["value"] == []
    assert caller.post().status_code == 404
    until(lambda: not killed.lives.orphans(), "replicas of earlier lives to end", 60)
