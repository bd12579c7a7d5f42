"""A client that makes many kinds of writes, one after the other, by the routes that the SDK uses."""

from __future__ import annotations

import base64
import random
import threading
import uuid
from collections.abc import Callable
from typing import Any

import requests

from tests.integration.emulator.kills.arm import ArmWrites
from tests.integration.emulator.kills.ledger import Fact, Ledger
from tests.integration.emulator.kills.wire import Wire, scoped

_HISTORY, _MODELS, _PIPELINES = "/history/v1.0", "/modelmanagement/v1.0", "/pipelines/v1.0"
_PAUSE_SECONDS = 0.02


class Writer:
    """Writes until it is stopped or the workspace is gone. What was not answered is not in the ledger."""

    def __init__(self, wire: Wire, ledger: Ledger, setup: dict[str, Any], number: int, seed: int) -> None:
        self._wire, self._ledger, self._setup, self._number = wire, ledger, setup, number
        self._chance = random.Random(seed)  # noqa: S311
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"writer {number}")
        self._run = f"interactive-{uuid.uuid4()}"
        self.arm = ArmWrites(self._write, self._chance)
        self.problems: list[str] = []
        self.pipeline_runs: list[str] = []
        """Those whose submission was answered."""
        self.canceled: list[str] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        kinds: list[Callable[[], None]] = [
            *(self._tag_run, self._start_run, self._log_metric, self._put_blob, self._put_blocks, self._put_artifact),
            *(self._register_model, self._tag_model, self._delete_model, self._register_environment),
            *(self._create_compute, self._create_endpoint, self._create_schedule, self._tag_service),
            *(self._set_key, self._disable_pipeline, self._put_asset),
            *self.arm.kinds,
        ]
        try:
            while not self._stop.wait(self._chance.expovariate(1 / _PAUSE_SECONDS)):
                if self._chance.random() < 0.01:
                    self._submit_and_cancel()
                if self._chance.random() < 0.02:
                    self.arm.submit()
                self._chance.choice(kinds)()
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            pass
        except AssertionError as error:
            self.problems.append(str(error))

    def _write(self, method: str, path: str, fact: Fact | None = None, **options: Any) -> Any:
        if fact:
            self._ledger.attempt(fact)
        response = self._wire.write(method, path, **options)
        if response.status_code >= 400:
            raise AssertionError(f"{method} {path} answered {response.status_code}: {response.text[:500]}")
        if fact:
            self._ledger.answer(fact)
        return response

    def _fact(self, name: str, service: str, path: str, expected: Any, body: Any = None) -> Fact:
        return Fact(name, "POST" if body else "GET", scoped(service, path), expected, body)

    def _tag_run(self) -> None:
        key = _unique()
        fact = self._fact(f"tag {key}", _HISTORY, f"/runs/{self._run}", {"tags": {key: "set"}})
        path = scoped(_HISTORY, f"/experiments/writes/runs/{self._run}")
        self._write("PATCH", path, fact, json={"runId": self._run, "tags": {key: "set"}})

    def _start_run(self) -> None:
        run = _unique()
        path = scoped(_HISTORY, f"/experiments/writes/runs/{run}")
        self._write("PATCH", path, json={"runId": run, "properties": {"of": "a writer"}})
        for event, status in (("Start", "Running"), ("Completed", "Completed")):
            fact = self._fact(f"run {run}", _HISTORY, f"/runs/{run}", {"status": status})
            body = {"name": f"Microsoft.MachineLearning.Run.{event}", "data": {"RunId": run}}
            self._write("POST", path + "/events", fact, json=body)

    def _log_metric(self) -> None:
        identifier, run, value = _unique(), self._run, self._chance.random()
        sent = {"metricId": identifier, "createdUtc": "2026-01-01T00:00:00Z", "data": {"loss": value}}
        wanted = {"value": [{"metricId": identifier, "data": {"loss": value}}]}
        fact = self._fact(f"metric {identifier}", "/metric/v2.0", f"/runs/{run}/full", wanted, {"metricName": "loss"})
        body = {"values": [{"name": "loss", "columns": {"loss": "Double"}, "value": [sent]}]}
        self._write("POST", scoped("/metric/v2.0", f"/runs/{run}/batch"), fact, json=body)

    def _content(self) -> bytes:
        return self._chance.randbytes(int(10 ** self._chance.uniform(0, 6)))

    def _put_blob(self) -> None:
        """Some names are written again and again: a reader sees the old or the new content, whole."""
        name = f"{self._number}-{self._chance.randrange(20)}" if self._chance.random() < 0.5 else _unique()
        path, content = f"/azureml-blobstore/writes/{name}?{self._setup['sas']}", self._content()
        self._write("PUT", path, Fact(f"blob {name}", "GET", path, content), data=content)

    def _put_blocks(self) -> None:
        path = f"/azureml-blobstore/blocks/{_unique()}?{self._setup['sas']}"
        blocks = {base64.b64encode(b"%03d" % number).decode(): self._content() for number in range(3)}
        for block, content in blocks.items():
            self._write("PUT", path, params={"comp": "block", "blockid": block}, data=content)
        entries = "".join(f"<Latest>{block}</Latest>" for block in blocks)
        fact = Fact(path, "GET", path, b"".join(blocks.values()))
        self._write("PUT", path, fact, params={"comp": "blocklist"}, data=f"<BlockList>{entries}</BlockList>")

    def _put_artifact(self) -> None:
        content, name = self._content(), _unique()
        path = f"/content/ExperimentRun/dcid.{self._run}/{name}.bin"
        fact = self._fact(f"artifact {name}", "/artifact/v2.0/artifacts", path, content)
        self._write("POST", scoped("/artifact/v2.0/artifacts", path), fact, data=content)

    def _model(self) -> str:
        asset = {"name": "writes", "artifacts": [{"id": f"ExperimentRun/dcid.{self._run}/none"}]}
        answer = self._write("POST", scoped(_MODELS, "/assets"), json=asset)
        body = {"name": "writes", "url": f"aml://asset/{answer.json()['id']}", "mimeType": "application/json"}
        return str(self._write("POST", scoped(_MODELS, "/models"), json=body).json()["id"])

    def _register_model(self) -> None:
        identifier = self._model()
        # Known by its answer only: no attempt before it can be noted by name.
        self._ledger.answer(self._fact(f"model {identifier}", _MODELS, f"/models/{identifier}", {"id": identifier}))

    def _tag_model(self) -> None:
        identifier, key = self._model(), _unique()
        wanted = {"kvTags": {key: "set"}}
        fact = self._fact(f"model {identifier}", _MODELS, f"/models/{identifier}", wanted)
        patch = [{"op": "add", "path": f"/kvTags/{key}", "value": "set"}]
        self._write("PATCH", scoped(_MODELS, f"/models/{identifier}"), fact, json=patch)

    def _delete_model(self) -> None:
        identifier = self._model()
        fact = self._fact(f"model {identifier}", _MODELS, f"/models/{identifier}", 404)
        self._write("DELETE", scoped(_MODELS, f"/models/{identifier}"), fact)

    def _register_environment(self) -> None:
        key = _unique()
        variables = {"environmentVariables": {"KEY": key}}
        path = scoped("/environment/v1.0", "/environments/writes")
        version = self._write("PUT", path, json=variables).json()["version"]
        read = f"/environments/writes/versions/{version}"
        self._ledger.answer(self._fact(f"environment {version}", "/environment/v1.0", read, variables))

    def _put_asset(self) -> None:
        """By Azure Resource Manager; both SDKs have it, or neither."""
        version = _unique()
        path, made_of = scoped("", f"/environments/assets/versions/{version}"), {"image": f"image:{version}"}
        fact = Fact(f"asset {version}", "GET", path, {"properties": made_of})
        self._write("PUT", path, fact, json={"properties": made_of})
        read, wanted = f"/environments/assets/versions/{version}", {"docker": {"baseImage": made_of["image"]}}
        self._ledger.answer(self._fact(f"asset {version} in v1", "/environment/v1.0", read, wanted))

    def _create_compute(self) -> None:
        name = f"c{_unique()[:12]}"
        path, read = scoped("", f"/computes/{name}"), scoped("/rp/workspaces", f"/computes/{name}")
        body = {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_D2_v3"}}}
        self._write("PUT", path, Fact(f"compute {name}", "GET", read, {"name": name}), json=body)
        if self._chance.random() < 0.5:
            self._write("DELETE", path, Fact(f"compute {name}", "GET", read, 404))

    def _create_endpoint(self) -> None:
        body = {"Name": _unique(), "PipelineId": self._setup["pipeline"]}
        found = self._write("POST", scoped(_PIPELINES, "/PipelineEndpoints/Create"), json=body).json()
        read = f"/PipelineEndpoints/Id/{found['Id']}"
        self._ledger.answer(self._fact(f"endpoint {found['Id']}", _PIPELINES, read, {"Name": body["Name"]}))

    def _create_schedule(self) -> None:
        """Far in the future: none of these fires."""
        body = {
            "Name": _unique(),
            "PipelineId": self._setup["pipeline"],
            "PipelineSubmissionInfo": {"ExperimentName": "later"},
            "Recurrence": {"Frequency": "Week", "Interval": 1, "StartTime": "2900-01-01T00:00:00", "TimeZone": "UTC"},
        }
        found = self._write("POST", scoped(_PIPELINES, "/Schedules/Create"), json=body).json()
        path = f"/Schedules/{found['Id']}"
        name, wanted = f"schedule {found['Id']}", {"Name": body["Name"], "EntityStatus": "Active"}
        self._ledger.answer(self._fact(name, _PIPELINES, path, wanted))
        fact = self._fact(name, _PIPELINES, path, wanted | {"EntityStatus": "Disabled"})
        self._write("PUT", scoped(_PIPELINES, path), fact, json=found | {"EntityStatus": "Disabled"})

    def _tag_service(self) -> None:
        """Refused during an update, and then no write."""
        key, path = _unique(), scoped(_MODELS, f"/services/{self._setup['service']}")
        response = self._wire.write("PATCH", path, json=[{"op": "add", "path": f"/kvTags/{key}", "value": "set"}])
        if response.status_code == 202:
            self._ledger.answer(Fact(f"service tag {key}", "GET", path, {"kvTags": {key: "set"}}))
        elif response.status_code != 409:
            raise AssertionError(f"a tag of the service was answered {response.status_code}: {response.text[:500]}")

    def _set_key(self) -> None:
        path, value = f"/services/{self._setup['service']}", _unique()
        kind = ("primary", "secondary")[self._number]
        fact = Fact(f"{kind} key", "POST", scoped(_MODELS, path + "/listkeys"), {f"{kind}Key": value})
        body = {"keyType": kind.capitalize(), "keyValue": value}
        self._write("POST", scoped(_MODELS, path + "/regenerateKeys"), fact, json=body)

    def _disable_pipeline(self) -> None:
        path = f"/Pipelines/{self._setup['other pipelines'][self._number]}"
        status = self._chance.choice(["Active", "Disabled"])
        fact = self._fact(f"status of pipeline {self._number}", _PIPELINES, path, {"EntityStatus": status})
        self._write("PUT", scoped(_PIPELINES, path + "/status"), fact, json=status)

    def _submit_and_cancel(self) -> None:
        run = submit(self._wire, self._setup["pipeline"], 30)
        self.pipeline_runs.append(run)
        self._stop.wait(self._chance.uniform(0, 1))
        if self._wire.write("DELETE", scoped(_PIPELINES, f"/PipelineRuns/{run}/Execution")).status_code == 200:
            self.canceled.append(run)


def submit(wire: Wire, pipeline: str, seconds: float) -> str:
    """Id of a new run of a published pipeline, whose steps take so long."""
    body = {"ExperimentName": "killed", "ParameterAssignments": {"seconds": str(seconds)}}
    answer = wire.write("POST", scoped(_PIPELINES, f"/PipelineRuns/PipelineSubmit/{pipeline}"), json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["Id"])


def _unique() -> str:
    return uuid.uuid4().hex
