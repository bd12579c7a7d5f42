"""The studio's pages of what SDK v2 makes beside online endpoints, as a browser without script has them."""

# Annotations are no texts here: the SDK makes inputs of them.
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.integration.emulator.studio.studio_client import Studio
from tests.integration.emulator.v2.jobs.jobs import ENDED, Command, finish, pipeline
from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

ATTACK, ESCAPED = "<i>x</i>", "&lt;i&gt;x&lt;/i&gt;"


@pytest.fixture(scope="module")
def studio(emulator: Emulator) -> Studio:
    return Studio(emulator)


@pytest.fixture(scope="module")
def data(client: "MLClient", tmp_path_factory: pytest.TempPathFactory) -> Any:
    from azure.ai.ml.entities import Data

    folder = tmp_path_factory.mktemp("data")
    (folder / "said.txt").write_text("of the data")
    asked = Data(name="sp-data", path=str(folder), type="uri_folder", description=ATTACK, tags={"split": "all"})
    return client.data.create_or_update(asked)


@pytest.fixture(scope="module")
def say(client: "MLClient", command: Command) -> Any:
    from azure.ai.ml import Input, Output

    made = command(
        "(echo '${{inputs.say}}'; cat ${{inputs.data}}/said.txt) | tee ${{outputs.out}}/said.txt",
        name="sp_say",
        inputs={
            "say": Input(type="string", default="hello", description=f"what to say {ATTACK}"),
            "data": Input(type="uri_folder"),
        },
        outputs={"out": Output(type="uri_folder")},
        compute=None,
    )
    return client.components.create_or_update(made.component)


@pytest.fixture(scope="module")
def release(say: Any) -> Any:
    """A pipeline of a component of two nodes, and one more behind that."""
    from azure.ai.ml import Input

    def within(data: Input) -> dict[str, Any]:
        first = say(say="inner", data=data)
        second = say(say="second", data=first.outputs.out)
        return {"result": second.outputs.out}

    inner = pipeline(within, name="sp_inner")

    def around(data: Input, word: str) -> dict[str, Any]:
        prepared = inner(data=data)
        last = say(say=word, data=prepared.outputs.result)
        return {"everything": last.outputs.out}

    return pipeline(around, name="sp_release", default_compute="v2-jobs")


def of_data(data: Any) -> Any:
    from azure.ai.ml import Input

    return Input(type="uri_folder", path=data.id)


def run_id(answer: requests.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.url.rpartition("/runs/")[2]


def test_a_pipeline_job(client: "MLClient", studio: Studio, release: Any, data: Any) -> None:
    job = release(data=of_data(data), word=ATTACK)
    job = finish(client, client.jobs.create_or_update(job, experiment_name="sp-pages"))
    page = f"/runs/{job.name}"
    text = studio.text(page)
    assert "Completed</span> 3 of 3 steps completed" in text
    assert re.findall('aria-label="([^"]*): Completed"', text) == ["prepared.first", "prepared.second", "last"]
    assert ATTACK not in text
    assert f'<th scope="row">word</th><td>{ESCAPED}</td>' in text
    assert f'<th scope="row">data</th><td><a href="/studio/data/sp-data#version-{data.version}">sp-data:' in text
    assert re.search('<th scope="row">everything</th><td>azureml://datastores/workspaceblobstore/paths/', text)
    assert "of the data</pre>" in text
    second, last = re.findall('href="/studio(/runs/[^"]+)" aria-label="(?:prepared.second|last)', text)
    step = studio.text(last)
    assert '<dt>Component</dt><dd><a id="component" href="/studio/components/sp_say#version-' in step
    assert f'<a href="/studio{second}">out of prepared.second</a>' in step
    assert "inner" in studio.get(f"{last}/log").text
    for address in (job.studio_url, job.services["Studio"].endpoint):
        parts = urlsplit(address)
        assert studio.get(f"{parts.path.removeprefix('/studio')}?{parts.query}").text == studio.text(page)


def test_a_command_job_and_the_same_again(
    client: "MLClient", studio: Studio, command: Command, data: Any, tmp_path: Path
) -> None:
    from azure.ai.ml import Input

    made = command(
        "python main.py ${{inputs.n}} ${{inputs.data}}; sleep ${{inputs.n}}",
        "import sys; print('asleep', sys.argv[1], flush=True)",
        inputs={"n": 600, "data": Input(type="uri_folder", path=data.id)},
        display_name="sleeps",
        tags={"of": ATTACK},
    )
    page = f"/runs/{client.jobs.create_or_update(made, experiment_name='sp-pages').name}"
    until(lambda: "asleep 600" in studio.text(page), "the job to speak")
    studio.submit(page, f"{page}/cancel")
    until(lambda: "Canceled</span>" in studio.text(page), "the job to end")
    text = studio.text(page)
    assert "<dt>Command</dt><dd><code>python main.py 600 /" in text
    assert '<th scope="row">n</th><td>600</td>' in text
    assert '<dd><a id="environment" href="/studio/environments/v2-jobs#version-' in text
    assert (ATTACK in text, ESCAPED in text) == (False, True)
    again = run_id(studio.submit(page, f"{page}/again"))
    job = client.jobs.get(again)
    assert (job.display_name, job.experiment_name, job.tags) == ("sleeps", "sp-pages", {"of": ATTACK})
    assert job.status not in ENDED
    client.jobs.begin_cancel(again).result()


def test_a_pipeline_job_again(client: "MLClient", studio: Studio, release: Any, data: Any) -> None:
    job = client.jobs.create_or_update(release(data=of_data(data), word="once"), experiment_name="sp-pages")
    finish(client, job)
    again: Any = finish(client, client.jobs.get(run_id(studio.submit(f"/runs/{job.name}", f"/runs/{job.name}/again"))))
    assert (again.name == job.name, again.status, set(again.jobs)) == (False, "Completed", {"prepared", "last"})


def test_what_is_registered(client: "MLClient", studio: Studio, say: Any, data: Any, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Environment, Model

    (tmp_path / "weights.txt").write_text("w")
    client.models.create_or_update(Model(name="sp-model", version="rc-1", path=str(tmp_path / "weights.txt")))
    conda = {"name": "x", "dependencies": ["python", {"pip": ["sp-package"]}]}
    client.environments.create_or_update(Environment(name="sp-environment", image="example.org/sp:1", conda_file=conda))
    client.environments.archive("sp-environment", version="1")
    listed = {kind: studio.text(f"/{kind}") for kind in ("components", "data", "environments", "models")}
    for kind, name in (("components", "sp_say"), ("data", "sp-data"), ("environments", "sp-environment")):
        assert f'href="/studio/{kind}/{name}">{name}</a>' in listed[kind]
    assert "anonymous" not in listed["components"].lower()
    assert 'id="sp-model:rc-1"' in listed["models"]
    component = studio.text("/components/sp_say")
    assert "cat ${{inputs.data}}/said.txt" in component
    assert f'<td data-label="Default">hello</td><td data-label="Description">what to say {ESCAPED}</td>' in component
    assert 'href="/studio/environments/v2-jobs#version-' in component
    shown = studio.text("/data/sp-data")
    assert (ESCAPED in shown, "azureml://datastores/workspaceblobstore/paths/LocalUpload/" in shown) == (True, True)
    environment = studio.text("/environments/sp-environment")
    assert all(one in environment for one in ("example.org/sp:1", "sp-package", "Archived"))
    for kind in ("components", "data", "environments"):
        assert studio.get(f"/{kind}/sp-none").status_code == 404


def test_schedules(client: "MLClient", studio: Studio, release: Any, data: Any) -> None:
    from azure.ai.ml.entities import CronTrigger, JobSchedule, RecurrencePattern, RecurrenceTrigger

    job = release(data=of_data(data), word="scheduled")
    job.experiment_name = "sp-scheduled"
    pattern = RecurrencePattern(hours=[4], minutes=[30], week_days=["monday", "friday"])
    weekly = RecurrenceTrigger(frequency="week", interval=2, schedule=pattern)
    for name, trigger in (("sp-cron", CronTrigger(expression="15 16 * * 1")), ("sp-weekly", weekly)):
        asked = JobSchedule(name=name, trigger=trigger, create_job=job, display_name=f"{name} {ATTACK}")
        client.schedules.begin_create_or_update(asked).result()
    started = client.schedules.trigger("sp-cron").job_name
    client.schedules.begin_disable("sp-weekly").result()
    text = studio.text("/schedules")
    cron, weekly_one = (
        re.search(rf"{name} {ESCAPED} .*?</article>", text, re.DOTALL)[0]  # type: ignore[index]
        for name in ("sp-cron", "sp-weekly")
    )
    assert "by the cron expression 15 16 * * 1, UTC" in cron
    assert re.search(r'Next \(UTC\)</dt><dd><time datetime="\d{4}-\d\d-\d\dT16:15:00Z"', cron)
    assert f'href="/studio/runs/{started}"' in cron
    assert "every 2 Weeks on Monday, Friday at 04:30 UTC" in weekly_one
    assert ("Disabled" in weekly_one, "Next" in weekly_one) == (True, False)
    assert "a pipeline job of 2 nodes, sp_release" in weekly_one
    client.schedules.begin_disable("sp-cron").result()
    client.jobs.begin_cancel(started).result()


def test_a_batch_endpoint(client: "MLClient", studio: Studio, say: Any, data: Any) -> None:
    from azure.ai.ml import Input
    from azure.ai.ml.entities import BatchEndpoint, PipelineComponentBatchDeployment

    def within(data: Input) -> dict[str, Any]:
        return {"result": say(say="batch", data=data).outputs.out}

    component = client.components.create_or_update(pipeline(within, name="sp_batch"))
    client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="sp-batch", description=ATTACK)).result()
    deployment = PipelineComponentBatchDeployment(
        name="one", endpoint_name="sp-batch", component=component, settings={"default_compute": "v2-jobs"}
    )
    client.batch_deployments.begin_create_or_update(deployment).result()
    assert "none: an invocation names a deployment" in studio.text("/batch-endpoints/sp-batch")
    endpoint = client.batch_endpoints.get("sp-batch")
    endpoint.defaults.deployment_name = "one"
    client.batch_endpoints.begin_create_or_update(endpoint).result()
    job = client.batch_endpoints.invoke("sp-batch", inputs={"data": Input(type="uri_folder", path=data.path)})
    text = studio.text("/batch-endpoints/sp-batch")
    assert "one <strong>default</strong>" in text
    assert f'href="/studio/components/sp_batch#version-{component.version}"' in text
    assert (f'href="/studio/runs/{job.name}"' in text, endpoint.scoring_uri in text) == (True, True)
    assert (ESCAPED in text, ATTACK in text) == (True, False)
    assert 'href="/studio/batch-endpoints/sp-batch">sp-batch</a>' in studio.text("/pipelines")
    assert studio.get("/batch-endpoints/sp-none").status_code == 404
    finish(client, client.jobs.get(job.name))
