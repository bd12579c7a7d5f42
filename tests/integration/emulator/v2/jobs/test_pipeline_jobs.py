"""Pipeline jobs of command components: order, data, reuse, failure, cancellation, components within each other."""

# Annotations are no texts here: the SDK makes inputs of them.
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.emulator.v2.jobs.jobs import Command, finish, pipeline
from tests.integration.emulator.waiting import until

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azureml.core import Workspace

Steps = Callable[..., Any]


@pytest.fixture(scope="module")
def steps(command: Command) -> Steps:
    """Makes a component that writes what it was told and what it has read."""

    def make(name: str, reads: tuple[str, ...] = (), line: str = "", **options: Any) -> Any:
        from azure.ai.ml import Input, Output

        inputs = {"say": Input(type="string")} | {one: Input(type="uri_folder") for one in reads}
        read = "".join(f"cat ${{{{inputs.{one}}}}}/said.txt; " for one in reads)
        said = line or f"(echo ${{{{inputs.say}}}}; {read}) | tee ${{{{outputs.out}}}}/said.txt"
        outputs = {"out": Output(type="uri_folder")}
        return command(
            said, name=name, display_name=name, inputs=inputs, outputs=outputs, **{"compute": None} | options
        )

    return make


@pytest.fixture(scope="module")
def release(steps: Steps) -> Callable[..., Any]:
    """Four steps as those of a release, of which two may run at once."""

    say, pass_on, gather = steps("say"), steps("pass_on", ("data",)), steps("gather", ("a", "b"))

    def four(text: str, other: str = "default") -> dict[str, Any]:
        first = say(say=text)
        left = pass_on(say=other, data=first.outputs.out)
        right = pass_on(say="right", data=first.outputs.out)
        last = gather(say="last", a=left.outputs.out, b=right.outputs.out)
        return {"everything": last.outputs.out}

    return pipeline(four, name="v2_release", default_compute="v2-jobs", description="four steps")


@pytest.fixture(scope="module")
def done(client: "MLClient", release: Callable[..., Any]) -> Any:
    job = release(text="hello")
    job.settings.force_rerun = True
    return finish(client, client.jobs.create_or_update(job, experiment_name="v2-pipelines", tags={"of": "tests"}))


def children(client: "MLClient", job: Any) -> dict[str, Any]:
    return {child.display_name: child for child in client.jobs.list(parent_job_name=job.name)}


def test_data_passes_from_step_to_step(client: "MLClient", done: Any, tmp_path: Path) -> None:
    assert done.status == "Completed"
    client.jobs.download(done.name, download_path=tmp_path, output_name="everything")
    said = (tmp_path / "named-outputs" / "everything" / "said.txt").read_text()
    assert said.split() == ["last", "default", "hello", "right", "hello"]


def test_an_output_is_a_data_asset_by_its_job(client: "MLClient", done: Any, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Data

    path = f"azureml://jobs/{done.name}/outputs/everything/paths/said.txt"
    asset = client.data.create_or_update(Data(name="v2-pipelines-output", path=path, type="uri_file"))
    [child] = [one for one in client.jobs.list(parent_job_name=done.name) if one.display_name == "last"]
    assert asset.path.endswith(f"/paths/azureml/{child.name}/out/said.txt") or asset.path == path


def test_steps_are_the_jobs_children(client: "MLClient", done: Any) -> None:
    from azure.ai.ml.exceptions import PipelineChildJobError

    found = children(client, done)
    assert {name: child.status for name, child in found.items()} == dict.fromkeys(
        ("first", "left", "right", "last"), "Completed"
    )
    assert found["first"].properties["azureml.moduleName"] == "say"  # its component
    one = client.jobs.get(found["first"].name)
    assert (one.display_name, one.status) == ("first", "Completed")
    with pytest.raises(PipelineChildJobError):
        client.jobs.stream(one.name)


def test_what_was_sent_is_read_back(client: "MLClient", done: Any) -> None:
    assert set(done.jobs) == {"first", "left", "right", "last"}
    assert done._to_dict()["inputs"] == {"text": "hello", "other": "default"}
    assert (done.experiment_name, done.description, done.tags["of"]) == ("v2-pipelines", "four steps", "tests")
    assert done.settings.default_compute == "v2-jobs"


def test_a_pipeline_is_a_run_to_sdk_v1(workspace: "Workspace", done: Any) -> None:
    from azureml.pipeline.core import PipelineRun

    run = PipelineRun.get(workspace, done.name)
    assert run.get_status() == "Finished"
    steps = {step.name: step for step in run.get_steps()}
    assert set(steps) == {"first", "left", "right", "last"}
    assert "hello" in steps["first"].get_stdout_log()


def test_a_pipeline_run_of_sdk_v1_is_a_job(
    client: "MLClient", make_step: Callable[..., Any], submit: Callable[..., Any]
) -> None:
    run = submit(make_step("of_v1", "print('x')", arguments=[]))
    run.wait_for_completion(show_output=False)
    job: Any = client.jobs.get(run.id)
    assert (job.status, job.type, job.jobs) == ("Completed", "pipeline", {})
    assert run.id in [one.name for one in client.jobs.list()]
    assert [child.display_name for child in client.jobs.list(parent_job_name=run.id)] == ["of_v1"]


def test_steps_are_reused_unless_all_are_to_run(client: "MLClient", release: Callable[..., Any]) -> None:
    def reused(job: Any) -> list[str]:
        found = children(client, finish(client, client.jobs.create_or_update(job, experiment_name="v2-reuse")))
        return sorted(name for name, child in found.items() if child.properties.get("azureml.isreused") == "true")

    assert reused(release(text="a text of this test")) == []
    assert reused(release(text="a text of this test")) == ["first", "last", "left", "right"]
    assert reused(release(text="a text of this test", other="another")) == ["first", "right"]
    job = release(text="a text of this test")
    job.settings.force_rerun = True
    assert reused(job) == []


def test_components_within_each_other(client: "MLClient", steps: Steps, tmp_path: Path) -> None:

    make, pass_on = steps("make"), steps("pass_on", ("data",))

    def within(word: str) -> dict[str, Any]:
        made = make(say=word)
        passed = pass_on(say="inner", data=made.outputs.out)
        return {"result": passed.outputs.out}

    inner = pipeline(within, name="v2_inner")

    def around(word: str) -> dict[str, Any]:
        node = inner(word=word)
        passed = pass_on(say="outer", data=node.outputs.result)
        return {"result": passed.outputs.out, "inner": node.outputs.result}

    outer = pipeline(around, name="v2_outer", default_compute="v2-jobs")
    job = finish(client, client.jobs.create_or_update(outer(word="deep"), experiment_name="v2-nested"))
    assert job.status == "Completed"
    client.jobs.download(job.name, download_path=tmp_path, output_name="result")
    assert (tmp_path / "named-outputs" / "result" / "said.txt").read_text().split() == ["outer", "inner", "deep"]
    client.jobs.download(job.name, download_path=tmp_path, output_name="inner")
    assert (tmp_path / "named-outputs" / "inner" / "said.txt").read_text().split() == ["inner", "deep"]


def test_a_step_that_fails_stops_what_is_behind_it(
    client: "MLClient", steps: Steps, capsys: pytest.CaptureFixture[str]
) -> None:
    from azure.ai.ml.exceptions import JobException

    fail, pass_on, say = steps("fail", line="sleep 2; echo broken; exit 4"), steps("pass_on", ("data",)), steps("say")

    def failing() -> None:
        bad = fail(say="x")
        after = pass_on(say="y", data=bad.outputs.out)
        after.name = "after"
        beside = say(say="z")
        beside.name = "beside"

    job = pipeline(failing, name="v2_failing", default_compute="v2-jobs")()
    job.settings.continue_on_step_failure = True
    job.settings.force_rerun = True
    job = client.jobs.create_or_update(job, experiment_name="v2-failing")
    with pytest.raises(JobException, match=r"step 'bad' .*exit code 4"):
        client.jobs.stream(job.name)
    assert "step 'beside'" in capsys.readouterr().out
    assert {name: child.status for name, child in children(client, job).items()} == {
        "bad": "Failed",
        "beside": "Completed",
    }


def test_a_pipeline_is_canceled(client: "MLClient", steps: Steps) -> None:

    slow = steps("slow", line="sleep 600")

    def one() -> None:
        slow(say="x")

    made = pipeline(one, name="v2_slow", default_compute="v2-jobs")()
    job = client.jobs.create_or_update(made, experiment_name="v2-slow")
    until(lambda: "Running" in [child.status for child in children(client, job).values()], "the step to run")
    client.jobs.begin_cancel(job.name).result()
    assert client.jobs.get(job.name).status == "Canceled"
    assert [child.status for child in children(client, job).values()] == ["Canceled"]


def test_a_pipeline_needs_a_compute_that_is_there(client: "MLClient", steps: Steps) -> None:

    say = steps("say")

    def one() -> None:
        say(say="x")

    with pytest.raises(Exception, match=r"name an AmlCompute of this workspace for jobs\.say"):
        client.jobs.create_or_update(pipeline(one, name="v2_nowhere")(), skip_validation=True)


def test_the_module_io_is_what_it_was(done: Any) -> None:
    import io

    assert io.UnsupportedOperation.__module__ == "io"
