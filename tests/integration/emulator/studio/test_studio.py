"""The studio page over HTTP: what it shows, what its forms do."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import requests

from tests.integration.emulator.studio.studio_client import LISTS, Studio, forms_of
from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azureml.core import Experiment, Model, Workspace
    from azureml.core.compute import AksCompute
    from azureml.core.model import InferenceConfig
    from azureml.pipeline.core import PipelineRun, PublishedPipeline, StepRun

Step = Callable[..., Any]
Submit = Callable[..., "PipelineRun"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]
Rest = Callable[..., requests.Response]

ATTACK = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"
ECHO = "import sys; print('n =', sys.argv[1])"
SLEEP = "import time; print('asleep', flush=True); time.sleep(600)"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def studio(emulator: Emulator) -> Studio:
    return Studio(emulator)


@pytest.fixture
def publish(workspace: Workspace, make_step: Step) -> Callable[..., PublishedPipeline]:
    from azureml.pipeline.core import Pipeline, PipelineParameter

    def make(name: str, source: str = ECHO) -> PublishedPipeline:
        step = make_step("echo", source, arguments=[PipelineParameter("n", 1)])
        return Pipeline(workspace, steps=[step]).publish(name, description=f"of {ATTACK}", version="1.0")

    return make


@pytest.fixture(scope="module")
def service(
    workspace: Workspace, cluster: AksCompute, scoring: InferenceConfig, model: Callable[[str], Model]
) -> Iterator[Any]:
    from azureml.core import Model
    from azureml.core.webservice import AksWebservice

    options = {"num_replicas": 1, "autoscale_enabled": False, "cpu_cores": 0.1, "memory_gb": 0.5}
    configuration = AksWebservice.deploy_configuration(**options, description=ATTACK)
    service = Model.deploy(workspace, "studio-echo", [model("one")], scoring, configuration, cluster)
    service.wait_for_deployment()
    yield service
    service.delete()


def run_id(answer: requests.Response) -> str:
    """Of the run whose page a form led to."""
    assert answer.status_code == 200, answer.text
    return answer.url.rpartition("/runs/")[2]


def status_of(emulator: Emulator, bearer: dict[str, str], run: str) -> str:
    url = f"{emulator.http}/history/v1.0{emulator.scope}/runs/{run}"
    return str(requests.get(url, headers=bearer, timeout=10).json()["status"])


@pytest.mark.parametrize(
    "path",
    [
        *("/none", "/runs/none", "/runs/none/log", "/runs/none/images/a.png", "/pipelines/none", "/endpoints/none"),
        *("/models/none", "/runs/none/cancel"),
    ],
)
def test_what_is_not_there(studio: Studio, path: str) -> None:
    answer = studio.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "none" in answer.text
    assert "<h1>Not found</h1>" in answer.text


def test_every_page_of_a_run(studio: Studio, make_step: Step, submit: Submit, finish: Finish) -> None:
    first, second = make_step("first", "print('hello')"), make_step("second", f"print('{ATTACK}'); raise SystemExit(7)")
    second.run_after(first)
    run = submit(first, second, tags={ATTACK: ATTACK})
    steps = finish(run)
    pages = {
        path: studio.text(path) for path in [*LISTS, f"/runs/{run.id}", *(f"/runs/{one.id}" for one in steps.values())]
    }
    whole, failed = pages[f"/runs/{run.id}"], pages[f"/runs/{steps['second'].id}"]
    assert run.id in pages[""]
    assert run.id in pages["/runs"]
    assert "Failed</span> 1 of 2 steps completed" in whole
    assert f'href="/studio/runs/{steps["first"].id}" aria-label="first: Completed"' in whole
    assert "first: Completed</title>" in whole
    assert "second: Failed</title>" in whole
    assert "User program failed with exit code 7" in failed
    assert ESCAPED in whole
    assert ESCAPED in failed
    assert "hello" in pages[f"/runs/{steps['first'].id}"]
    for page in pages.values():
        assert ATTACK not in page
        assert re.findall("<script[^>]*>", page) == ['<script src="/studio/static/live.js" defer>']
        assert not re.search(r"<[^>]* (?:on\w+|style)=", page)


def test_runs_are_listed_by_experiment(studio: Studio, make_step: Step, submit: Submit, experiment: Experiment) -> None:
    run = submit(make_step("quick", "print()"))
    assert run.id in studio.text(f"/runs?experiment={experiment.name}")
    assert run.id not in studio.text("/runs?experiment=other")


def test_log_in_parts(studio: Studio, make_step: Step, submit: Submit, finish: Finish) -> None:
    step = finish(submit(make_step("says", "print('one'); print('€')")))["says"]
    first = studio.get(f"/runs/{step.id}/log?from=0")
    assert (first.text, first.headers["Log-End"]) == ("one\n€\n", "8")
    assert first.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert studio.get(f"/runs/{step.id}/log?from=4").text == "€\n"
    assert studio.get(f"/runs/{step.id}/log?from=8").text == ""
    assert studio.get(f"/runs/{step.id}/log").text == studio.get(f"/runs/{step.id}/log?from=-1").text == "one\n€\n"
    assert studio.get(f"/runs/{step.id}/log").headers["Content-Type"] == "text/plain; charset=utf-8"
    assert studio.get(f"/runs/{step.id}/log?from={'9' * 5000}").status_code == 200


def test_long_log_costs_little_memory(studio: Studio, emulator: Emulator, rest: Rest) -> None:
    rest("PATCH", "/history/v1.0", "/experiments/long/runs/long", json={"displayName": "long"})
    logs = emulator.folder / "blobs" / "azureml" / "ExperimentRun" / "dcid.long" / "azureml-logs"
    logs.mkdir(parents=True)
    with (logs / "70_driver_log.txt").open("w") as log:
        for number in range(100):
            log.write(f"{number:09}\n" * 100_000)
    process, size = psutil.Process(emulator.address["pid"]), 0
    before = peak = process.memory_info().rss
    with studio.get("/runs/long/log", stream=True) as answer:
        for part in answer.iter_content(1024 * 1024):
            size, peak = size + len(part), max(peak, process.memory_info().rss)
    assert (size, peak - before < 40_000_000) == (100_000_000, True), peak - before
    shutil.rmtree(logs)


def test_metrics_and_images(
    studio: Studio, experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "point.png").write_bytes(PNG)
    (tmp_path / "notes.txt").write_text("no image")
    run = experiment.start_logging(snapshot_directory=None)
    assert "Metrics" not in studio.text(f"/runs/{run.id}")  # nothing says that there will be any
    run.log("accuracy", 0.97)
    run.log_list("loss", [3.0, 2.0, 1.0])
    run.log_row(f"table {ATTACK}", x=1, y=ATTACK)
    run.log_image("point", path="point.png")
    run.upload_file("notes.txt", "notes.txt")
    run.complete()
    html = studio.text(f"/runs/{run.id}")
    assert '<h2 id="metrics-title">Metrics</h2>' in html
    assert '<th scope="row">accuracy</th><td class="number">0.97</td>' in html
    assert 'aria-label="loss: 3 values: last 1, lowest 1, highest 3"' in html
    assert ESCAPED in html
    assert ATTACK not in html
    (source,) = re.findall(r'<img src="/studio([^"]+)"', html)
    image = studio.get(source)
    assert (image.status_code, image.headers["Content-Type"], image.content) == (200, "image/png", PNG)
    for path in ("notes.txt", "none.png", "..%2F..%2F..%2F..%2Fsecrets.json", "%2e%2e/%2e%2e/x.png"):
        assert studio.get(f"/runs/{run.id}/images/{path}").status_code in (400, 404)


def test_models(studio: Studio, model: Callable[[str], Model]) -> None:
    registered = model("tagged")
    registered.add_tags({"verdict": "BLESSED", "name": ATTACK})
    html = studio.text("/models")
    assert f'id="{registered.id}"' in html
    assert "<dt>Verdict</dt><dd>BLESSED</dd>" in html
    assert ESCAPED in html
    assert ATTACK not in html


def test_service_without_its_secrets(studio: Studio, service: Any, emulator: Emulator) -> None:
    html = studio.text("/services")
    assert service.scoring_uri in html
    assert "1 of 1 ready" in html
    assert "Healthy" in html
    assert ESCAPED in html
    own = {int(emulator.address[kind].rpartition(":")[2]) for kind in ("http", "tls")}
    listening = [
        connection.laddr.port
        for process in emulator.children()
        for connection in process.net_connections("inet")
        if connection.status == "LISTEN"
        and connection.laddr.port not in own  # a child that was forked this moment still holds these
    ]
    assert listening
    secrets = [*service.get_keys(), *json.loads((emulator.folder / "secrets.json").read_text()).values()]
    secrets += [emulator.environment["MSI_ENDPOINT"], *(f":{port}" for port in listening)]
    for page in LISTS:
        text = studio.text(page)
        assert not [secret for secret in secrets if secret in text]


def test_submit_with_a_changed_parameter(
    studio: Studio, publish: Callable[..., PublishedPipeline], experiment: Experiment, finish: Finish
) -> None:
    from azureml.pipeline.core import PipelineRun

    page = f"/pipelines/{publish(f'nightly {ATTACK}').id}"
    assert ESCAPED in studio.text(page)
    changes = {"experiment": experiment.name, "parameter:n": "33"}
    started = run_id(studio.submit(page, f"{page}/submit", **changes))
    assert finish(PipelineRun(experiment, started))["echo"].get_stdout_log() == "n = 33\n"
    html = studio.text(f"/runs/{started}")
    assert '<th scope="row">n</th><td>33</td>' in html
    assert ESCAPED in html
    assert f'value="{experiment.name}"' in studio.text(page)


def test_submit_to_a_version_of_an_endpoint(
    studio: Studio,
    publish: Callable[..., PublishedPipeline],
    workspace: Workspace,
    experiment: Experiment,
    finish: Finish,
) -> None:
    from azureml.pipeline.core import PipelineEndpoint, PipelineRun

    endpoint = PipelineEndpoint.publish(workspace, "studio-release", description=ATTACK, pipeline=publish("first"))
    endpoint.add_default(publish("second", "print('the second')"))
    page, action = f"/endpoints/{endpoint.id}", f"/endpoints/{endpoint.id}/submit"
    assert "studio-release" in studio.text("/pipelines")
    assert "version 1, the default" in studio.text(page)
    newest = run_id(studio.submit(page, action, experiment=experiment.name))
    oldest = run_id(studio.submit(f"{page}?version=0", action, experiment=experiment.name))
    logs = [finish(PipelineRun(experiment, run))["echo"].get_stdout_log() for run in (newest, oldest)]
    assert logs == ["the second\n", "n = 1\n"]
    assert studio.get(f"{page}?version=9").status_code == 404
    endpoint.disable()
    refused = studio.submit(page, action)
    assert (refused.status_code, "is disabled" in refused.text) == (409, True)


def test_submissions_that_cannot_be(studio: Studio, publish: Callable[..., PublishedPipeline]) -> None:
    page = f"/pipelines/{publish('strict').id}"
    assert studio.submit(page, f"{page}/submit", experiment=" ").status_code == 400
    fields = forms_of(studio.text(page))[f"/studio{page}/submit"]
    refused = studio.post(f"{page}/submit", fields | {"parameter:m": "2"})
    assert (refused.status_code, "no parameter &#39;m&#39;: it has n" in refused.text) == (400, True)


def test_cancel_and_run_again(
    studio: Studio, make_step: Step, submit: Submit, emulator: Emulator, bearer: dict[str, str]
) -> None:
    run = submit(make_step("sleeps", SLEEP), tags={"commit": "abc"})
    page = f"/runs/{run.id}"
    until(lambda: "asleep" in studio.text(page), "the step to speak")
    assert f"/studio{page}/again" not in forms_of(studio.text(page))
    for tagged in (run, *run.get_children()):  # as a step does that says what came of it
        tagged.tag("verdict", "GOOD")
    studio.submit(page, f"{page}/cancel")
    until(lambda: "Canceled</span> 0 of 1 step completed" in studio.text(page), "the run to end")
    again = run_id(studio.submit(page, f"{page}/again"))
    assert again != run.id
    assert status_of(emulator, bearer, again) in ("Preparing", "Running")
    assert '<th scope="row">verdict</th><td>GOOD</td>' in studio.text(page)
    html = studio.text(f"/runs/{again}")
    assert ('<th scope="row">commit</th><td>abc</td>' in html, "GOOD" in html) == (True, False)
    studio.submit(f"/runs/{again}", f"/runs/{again}/cancel")
    until(lambda: status_of(emulator, bearer, again) == "Canceled", "the second run to end")


def test_run_of_a_published_pipeline_again(
    studio: Studio,
    publish: Callable[..., PublishedPipeline],
    workspace: Workspace,
    experiment: Experiment,
    finish: Finish,
) -> None:
    from azureml.pipeline.core import PipelineRun

    published = publish("repeated")
    run = published.submit(workspace, experiment.name, pipeline_parameters={"n": 8})
    finish(run)
    again = run_id(studio.submit(f"/runs/{run.id}", f"/runs/{run.id}/again"))
    assert finish(PipelineRun(experiment, again))["echo"].get_stdout_log() == "n = 8\n"
    assert f'href="/studio/pipelines/{published.id}"' in studio.text(f"/runs/{again}")
    published.disable()
    refused = studio.submit(f"/runs/{run.id}", f"/runs/{run.id}/again")
    assert (refused.status_code, "is disabled" in refused.text) == (409, True)


def test_schedules(studio: Studio, publish: Callable[..., PublishedPipeline], workspace: Workspace) -> None:
    from azureml.pipeline.core import Schedule, ScheduleRecurrence

    recurrence = ScheduleRecurrence(
        "Week", 1, start_time="2099-01-01T00:00:00", hours=[6], minutes=[30], week_days=["Monday"]
    )
    schedule = Schedule.create(
        workspace, f"weekly {ATTACK}", pipeline_id=publish("weekly").id, experiment_name="weekly", recurrence=recurrence
    )
    html = studio.text("/schedules")
    assert "every Week on Monday at 06:30" in html
    assert f"weekly {ESCAPED}" in html
    schedule.disable()
    assert "Disabled" in studio.text("/schedules")
