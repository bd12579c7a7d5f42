"""What SDK v2 asks run history by a run's id alone, and jobs as resources, over REST where the client hides it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.integration.emulator.kills.lives import Lives
from tests.integration.emulator.v2.jobs.jobs import ENDED, Command
from tests.integration.emulator.waiting import Emulator, until

Rest = Callable[..., requests.Response]
ENVIRONMENT = "azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu:1"
HISTORY = "/history/v1.0"


def command_job(line: str = "echo x", **more: Any) -> dict[str, Any]:
    return {"jobType": "Command", "command": line, "environmentId": ENVIRONMENT, "computeId": "v2-jobs", **more}


def pipeline_job(component: str, **more: Any) -> dict[str, Any]:
    written = {"out": {"type": "literal", "value": "${{parent.outputs.all}}"}}
    nodes: dict[str, Any] = {"one": {"type": "command", "componentId": component, "outputs": written}}
    nodes["one"]["environment_variables"] = {"OF": "the node"}
    settings = {"default_compute": "v2-jobs", "force_rerun": True}
    outputs = {"all": {"jobOutputType": "uri_folder"}}
    return {"jobType": "Pipeline", "jobs": nodes, "outputs": outputs, "settings": settings, **more}


@pytest.fixture(scope="module")
def component(command: Command, emulator: Emulator, bearer: dict[str, str]) -> str:
    """The id of one that writes a file."""
    spec: dict[str, Any] = {"name": "history_write", "version": "1", "type": "command", "environment": ENVIRONMENT}
    spec |= {
        "command": "echo written $OF $KEPT > ${{outputs.out}}/file.txt",
        "outputs": {"out": {"type": "uri_folder"}},
    }
    spec |= {"environment_variables": {"OF": "the component", "KEPT": "and its own"}}
    path = f"{emulator.scope}/components/history_write/versions/1"
    sent = {"properties": {"componentSpec": spec}}
    answer = requests.put(f"{emulator.http}{path}", json=sent, headers=bearer, timeout=30)
    assert answer.ok, answer.text
    return f"azureml:{path}"


@pytest.fixture
def submit(rest: Rest) -> Callable[..., dict[str, Any]]:
    """The job that has ended."""

    def job(name: str, properties: dict[str, Any]) -> dict[str, Any]:
        sent = rest("PUT", "", f"/jobs/{name}", json={"properties": properties})
        assert sent.status_code == 201, sent.text

        def ended() -> Any:
            found = rest("GET", "", f"/jobs/{name}").json()
            return found if found["properties"]["status"] in ENDED else None

        found: dict[str, Any] = until(ended, f"the end of {name}")
        return found

    return job


def test_a_pipeline_by_its_runs_ids(rest: Rest, submit: Callable[..., dict[str, Any]], component: str) -> None:
    job = submit("history-pipeline", pipeline_job(component))
    assert job["properties"]["status"] == "Completed"
    [child] = rest("GET", HISTORY, "/runs/history-pipeline/children").json()["value"]
    assert (child["displayName"], child["status"]) == ("one", "Completed")
    assert rest("GET", HISTORY, f"/runs/{child['runId']}").json()["rootRunId"] == "history-pipeline"
    details = rest("GET", HISTORY, "/runs/history-pipeline/details").json()
    log = requests.get(details["logFiles"]["logs/azureml/executionlogs.txt"], timeout=10).text
    assert f"step 'one' (run {child['runId']}): Finished" in log
    as_job = rest("GET", "", f"/jobs/{child['runId']}").json()
    assert (as_job["name"], as_job["properties"]) == (child["runId"], None)
    refused = rest("POST", "", f"/jobs/{child['runId']}/cancel")
    assert (refused.status_code, "cancel that one" in refused.text) == (400, True)


def test_outputs_are_found_by_their_names(
    rest: Rest, submit: Callable[..., dict[str, Any]], component: str, emulator: Emulator
) -> None:
    name = "history_output_data_in_its_name"
    submit(name, pipeline_job(component))
    data = rest("POST", HISTORY, "/rundata", json={"runId": name, "selectRunMetadata": True}).json()
    [asset] = [one["assetId"] for one in data["runMetadata"]["outputs"].values()]
    found = rest("POST", "/data/v1.0", "/dataversion/batchGetResolvedUris", json={"values": [asset]}).json()
    found = found["values"][asset]
    assert found["type"] == "uri_folder"
    path = found["uri"].rpartition("/paths/")[2]
    assert (emulator.folder / "blobs" / "azureml-blobstore" / path / "file.txt").read_text() == (
        "written the node and its own\n"
    )
    models = "/models/batchGetResolvedUris"
    as_model = rest("POST", "/modelregistry/v1.0", models, json={"values": [asset]}).json()["values"]
    assert as_model == {asset: found}
    assert rest("POST", "/modelregistry/v1.0", models, json={"values": [f"{asset}1"]}).status_code == 404


def test_the_same_job_may_be_sent_again(rest: Rest, submit: Callable[..., dict[str, Any]], command: Command) -> None:
    """As a client does that heard no answer."""
    submit("history-again", command_job())
    again = rest("PUT", "", "/jobs/history-again", json={"properties": command_job(tags={"a": "b"})})
    assert (again.status_code, again.json()["properties"]["tags"]) == (200, {"a": "b"})
    another = rest("PUT", "", "/jobs/history-again", json={"properties": command_job("echo y")})
    assert another.status_code == 409


def test_jobs_are_found_by_kind_and_tag(rest: Rest, submit: Callable[..., dict[str, Any]], component: str) -> None:
    def names(query: str) -> set[str]:
        answer = rest("GET", "", f"/jobs?{query}")
        assert answer.ok, answer.text
        return {job["name"] for job in answer.json()["value"]}

    submit("history-kind", command_job(tags={"history": "kind"}))
    submit("history-other", pipeline_job(component, tags={"history": "other"}))
    assert names("tag=history") == {"history-kind", "history-other"}
    assert names("tag=history%3Dkind") == {"history-kind"}
    assert names("jobType=Pipeline&tag=history") == {"history-other"}
    assert names("tag=history&$skip=1") == {"history-kind"}
    assert names("listViewType=archivedonly&tag=history") == set()
    for refused in ("listViewType=Some", "listviewtype=All"):
        assert rest("GET", "", f"/jobs?{refused}").status_code == 400
    assert rest("GET", "", "/jobs?scheduled=true").status_code == 400


def test_outputs_lie_where_they_were_told_to(
    submit: Callable[..., dict[str, Any]], command: Command, emulator: Emulator
) -> None:
    """Also a single file, one that is uploaded at the end, and one that is an address to the command."""
    base = "azureml://datastores/workspaceblobstore/paths/history"
    kinds = {"file": ("uri_file", "ReadWriteMount"), "up": ("uri_folder", "Upload"), "at": ("uri_folder", "Direct")}
    outputs = {
        name: {"jobOutputType": kind, "mode": mode, "uri": f"{base}/${{{{name}}}}/{name}"}
        for name, (kind, mode) in kinds.items()
    }
    line = "echo 1 > ${{outputs.file}}; echo ${{outputs.at}} > ${{outputs.up}}/at.txt"
    submit("history-places", command_job(line, outputs=outputs))
    folder = emulator.folder / "blobs" / "azureml-blobstore" / "history" / "history-places"
    assert (folder / "file").read_text() == "1\n"
    assert (
        (folder / "up" / "at.txt")
        .read_text()
        .endswith("datastores/workspaceblobstore/paths/history/history-places/at\n")
    )


def test_jobs_that_were_going_have_failed_after_a_kill(tmp_path: Path) -> None:
    lives = Lives(tmp_path)
    lives.begin()
    address = lives.ready()
    group = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/local"
    scope = f"{group}/providers/Microsoft.MachineLearningServices/workspaces/local"

    def ask(method: str, path: str, sent: object = None) -> dict[str, Any]:
        identity = requests.post(address["environment"]["MSI_ENDPOINT"], {"resource": address["tls"]}, timeout=10)
        headers = {"Authorization": f"Bearer {identity.json()['access_token']}"}
        answer = requests.request(method, f"{address['http']}{scope}{path}", json=sent, headers=headers, timeout=30)
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found

    compute = {
        "location": "local",
        "properties": {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_D2_v3"}},
    }
    compute["properties"]["properties"]["scaleSettings"] = {"maxNodeCount": 2, "minNodeCount": 0}  # type: ignore[index]
    ask("PUT", "/computes/v2-jobs", compute)
    spec = {"name": "slow", "version": "1", "type": "command", "environment": ENVIRONMENT, "command": "sleep 600"}
    ask("PUT", "/components/slow/versions/1", {"properties": {"componentSpec": spec}})
    ask("PUT", "/jobs/slow-command", {"properties": command_job("sleep 600")})
    nodes = {"one": {"type": "command", "componentId": "azureml:slow:1"}}
    slow = {"jobType": "Pipeline", "jobs": nodes, "settings": {"default_compute": "v2-jobs"}}
    ask("PUT", "/jobs/slow-pipeline", {"properties": slow})
    until(lambda: ask("GET", "/jobs/slow-command")["properties"]["status"] == "Running", "the job to run")
    lives.kill()
    lives.begin()
    address = lives.ready()
    for name in ("slow-command", "slow-pipeline"):
        assert ask("GET", f"/jobs/{name}")["properties"]["status"] == "Failed"
        path = f"{scope}/runs/{name}/details"
        identity = requests.post(address["environment"]["MSI_ENDPOINT"], {"resource": address["tls"]}, timeout=10)
        headers = {"Authorization": f"Bearer {identity.json()['access_token']}"}
        details = requests.get(f"{address['http']}/history/v1.0{path}", headers=headers, timeout=10).json()
        assert "the local workspace was stopped" in details["error"]["error"]["message"]
    lives.end()
