"""Forms that start, cancel and repeat runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.studio.studio_client import ATTACK, ESCAPED, Studio, forms_of
from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace
    from azureml.pipeline.core import PipelineRun, PublishedPipeline, StepRun

Step = Callable[..., Any]
Submit = Callable[..., "PipelineRun"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]

ECHO = "import sys; print('n =', sys.argv[1])"
SLEEP = "import time; print('asleep', flush=True); time.sleep(600)"


@pytest.fixture
def publish(workspace: Workspace, make_step: Step) -> Callable[..., PublishedPipeline]:
    from azureml.pipeline.core import Pipeline, PipelineParameter

    def make(name: str, source: str = ECHO) -> PublishedPipeline:
        step = make_step("echo", source, arguments=[PipelineParameter("n", 1)])
        return Pipeline(workspace, steps=[step]).publish(name, description=f"of {ATTACK}", version="1.0")

    return make


def run_id(answer: requests.Response) -> str:
    """Of the run whose page a form led to."""
    assert answer.status_code == 200, answer.text
    return answer.url.rpartition("/runs/")[2]


def status_of(emulator: Emulator, bearer: dict[str, str], run: str) -> str:
    url = f"{emulator.http}/history/v1.0{emulator.scope}/runs/{run}"
    return str(requests.get(url, headers=bearer, timeout=10).json()["status"])


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
