"""Writes that SDK v2 makes: assets, jobs, schedules and endpoints, by the routes that it uses."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any

from tests.integration.emulator.kills.ledger import Fact
from tests.integration.emulator.kills.wire import Wire, scoped

Write = Callable[..., Any]
"""`write(METHOD, path, fact, json=…)`: raises AssertionError for an answer that is an error."""
HOURLY = "kills-hourly"
ENDED = ("Completed", "Failed", "Canceled")
_SIGNED_LIVES = 7
"""In which an upload's address can be read: it is signed for eight hours, and a life moves the clock by one."""
_ENVIRONMENT = scoped("", "/environments/kills/versions/1")
_STEP, _RELEASE = scoped("", "/components/kills_step/versions/1"), scoped("", "/components/kills_release/versions/1")
_BATCH, _DEPLOYMENT = "/batchEndpoints/kills", "/batchEndpoints/kills/deployments/one"
_NODE = {"type": "command", "componentId": _STEP, "inputs": {"seconds": {"value": "${{parent.inputs.seconds}}"}}}


def pipeline(seconds: float) -> dict[str, Any]:
    """A job of one step that takes so long."""
    return {
        "jobType": "Pipeline",
        "experimentName": "killed",
        "settings": {"default_compute": "steps"},
        "inputs": {"seconds": {"jobInputType": "literal", "value": str(seconds)}},
        "jobs": {"one": _NODE},
    }


def set_up(wire: Wire) -> None:
    """What jobs are made of, a batch endpoint, and a schedule that fires at each full hour."""
    inputs = {"seconds": {"type": "number", "default": "0"}}
    step = {"type": "command", "command": "sleep ${{inputs.seconds}}", "inputs": inputs}
    step |= {"environment": f"azureml:{_ENVIRONMENT}"}
    node = {key: value for key, value in _NODE.items() if key != "componentId"} | {"component": f"azureml:{_STEP}"}
    release = {"type": "pipeline", "inputs": inputs, "jobs": {"one": node}}
    configuration = {"deploymentConfigurationType": "PipelineComponent", "settings": {"default_compute": "steps"}}
    configuration |= {"componentId": {"referenceType": "Id", "assetId": _RELEASE}}
    hourly = {"triggerType": "Cron", "expression": "0 * * * *"}
    for path, properties in (
        (_ENVIRONMENT, {"image": "example.org/image:1"}),
        (_STEP, {"componentSpec": step}),
        (_RELEASE, {"componentSpec": release}),
        (scoped("", _BATCH), {"authMode": "AADToken"}),
        (scoped("", _DEPLOYMENT), {"deploymentConfiguration": configuration}),
        (scoped("", f"/schedules/{HOURLY}"), _schedule(hourly)),
    ):
        answer = wire.send("PUT", path, json={"properties": properties})
        assert answer.status_code == 201, answer.text


def jobs_of_schedule(wire: Wire) -> int:
    jobs = wire.send("GET", scoped("", "/jobs"), params={"listViewType": "All"}).json()["value"]
    return sum(job["properties"]["properties"].get("azureml.scheduleName") == HOURLY for job in jobs)


class ArmWrites:
    """One of each kind is a call of `kinds`."""

    def __init__(self, write: Write, chance: random.Random) -> None:
        self._write, self._chance = write, chance
        self.jobs: list[str] = []
        """Those whose submission was answered."""
        self.kinds: list[Callable[[], None]] = [
            *(self._put_environment, self._put_data, self._put_component, self._put_code),
            *(self._put_schedule, self._put_batch_endpoint, self._put_online_endpoint),
        ]

    def submit(self) -> None:
        """Rarely: each starts a process."""
        seconds = self._chance.uniform(0, 3)
        if self._chance.random() < 0.5:
            name = f"job-{_unique()}"
            self._put(f"/jobs/{name}", pipeline(seconds), {"experimentName": "killed"})
            self.jobs.append(name)
            return
        sent = {"inputData": {"seconds": {"value": seconds}}, "properties": {"experimentName": "killed"}}
        headers = {"azureml-model-deployment": "one", "repeatability_request-id": _unique()}
        first = self._write("POST", "/batch/kills/jobs", None, json={"properties": sent}, headers=headers).json()
        self.jobs.append(first["name"])
        again = self._write("POST", "/batch/kills/jobs", None, json={"properties": sent}, headers=headers).json()
        assert again["name"] == first["name"], "the same request started two jobs"

    def _put(self, path: str, properties: dict[str, Any], expected: dict[str, Any] | None = None) -> None:
        wanted = {"properties": properties if expected is None else expected}
        fact = Fact(path, "GET", scoped("", path), wanted)
        self._write("PUT", scoped("", path), fact, json={"properties": properties})

    def _delete(self, path: str) -> None:
        self._write("DELETE", scoped("", path), Fact(path, "GET", scoped("", path), 404))

    def _put_environment(self) -> None:
        path, properties = f"/environments/e{_unique()}/versions/1", {"image": "example.org/x:1", "tags": {"a": "b"}}
        self._put(path, properties)
        self._put(path, properties | {"isArchived": True})

    def _put_data(self) -> None:
        uri = f"azureml://datastores/workspaceblobstore/paths/writes/{_unique()}/"
        self._put(f"/data/d{_unique()}/versions/1", {"dataType": "uri_folder", "dataUri": uri}, {"tags": {}})

    def _put_component(self) -> None:
        spec = {"type": "command", "command": f"echo {_unique()}", "environment": f"azureml:{_ENVIRONMENT}"}
        self._put(f"/components/c{_unique()}/versions/1", {"componentSpec": spec})

    def _put_code(self) -> None:
        """Into a container of its own, as clients upload it."""
        path, body = f"/codes/{_unique()}/versions/1", {"pendingUploadType": "TemporaryBlobReference"}
        answer = self._write("POST", scoped("", f"{path}/startPendingUpload"), None, json=body).json()
        reference = answer["blobReferenceForConsumption"]
        container, _, sas = reference["credential"]["sasUri"].partition("?")
        blob = f"/{container.rpartition('/')[2]}/code/main.py?{sas}"
        content = self._chance.randbytes(1000)
        self._write("PUT", blob, Fact(blob, "GET", blob, content, lives=_SIGNED_LIVES), data=content)
        self._put(path, {"codeUri": f"{reference['blobUri']}/code"})

    def _put_schedule(self) -> None:
        """Far in the future: none of these fires."""
        path, trigger = f"/schedules/s{_unique()}", {"triggerType": "Cron", "expression": "0 0 * * *"}
        properties = _schedule(trigger | {"startTime": "2900-01-01T00:00:00"})
        self._put(path, properties)
        self._put(path, properties | {"isEnabled": False})
        if self._chance.random() < 0.5:
            self._delete(path)

    def _put_batch_endpoint(self) -> None:
        path = f"/batchEndpoints/b{_unique()[:20]}"
        self._put(path, {"authMode": "AADToken", "description": _unique()})
        if self._chance.random() < 0.5:
            self._delete(path)

    def _put_online_endpoint(self) -> None:
        path, key = f"/onlineEndpoints/o{_unique()[:20]}", _unique()
        self._put(path, {"authMode": "Key", "description": _unique()})
        keys = scoped("", f"{path}/listKeys")
        fact = Fact(f"key of {path}", "POST", keys, {"primaryKey": key})
        body = {"keyType": "Primary", "keyValue": key}
        self._write("POST", scoped("", f"{path}/regenerateKeys"), fact, json=body)


def _schedule(trigger: dict[str, Any]) -> dict[str, Any]:
    return {"isEnabled": True, "trigger": trigger, "action": {"actionType": "CreateJob", "jobDefinition": pipeline(0)}}


def _unique() -> str:
    return uuid.uuid4().hex
