"""Command jobs: submitted, read, listed, streamed, refused, canceled, by SDK v2 and beside SDK v1."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.emulator.v2.jobs.jobs import Command, finish
from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azureml.core import Workspace

SCRIPT = """
import argparse, os, pathlib
parser = argparse.ArgumentParser()
for name in ("text", "folder", "file", "optional"):
    parser.add_argument("--" + name)
parser.add_argument("--out", type=pathlib.Path)
given = parser.parse_args()
print("text:", given.text, "optional:", given.optional, "variable:", os.environ["GREETING"])
print("files:", os.listdir(given.folder), pathlib.Path(given.file).read_text())
(given.out / "result.txt").write_text(given.text)
pathlib.Path("outputs/kept.txt").write_text("kept")
"""
LINE = (
    "python main.py --text '${{inputs.text}}' --folder ${{inputs.folder}} --file ${{inputs.file}} "
    "$[[--optional ${{inputs.optional}}]] --out ${{outputs.out}}"
)


@pytest.fixture(scope="module")
def done(client: MLClient, command: Command, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A job that has ended well, with all kinds of inputs."""
    from azure.ai.ml import Input, Output

    folder = tmp_path_factory.mktemp("jobs") / "data"
    folder.mkdir()
    (folder / "a.txt").write_text("content of a")
    job = command(
        LINE,
        SCRIPT,
        inputs={
            "text": "two words",
            "folder": Input(type="uri_folder", path=str(folder)),
            "file": Input(type="uri_file", path=str(folder / "a.txt"), mode="download"),
        },
        outputs={"out": Output(type="uri_folder")},
        environment_variables={"GREETING": "hello"},
        display_name="all kinds of inputs",
        description="a description",
        tags={"kind": "commands"},
        experiment_name="v2-commands",
    )
    return finish(client, client.jobs.create_or_update(job))


def test_a_command_gets_its_data_and_its_variables(client: MLClient, done: Any, tmp_path: Path) -> None:
    assert done.status == "Completed"
    client.jobs.download(done.name, download_path=tmp_path, all=True)
    log = (tmp_path / "artifacts" / "user_logs" / "std_log.txt").read_text()
    assert "text: two words optional: None variable: hello" in log
    assert "files: ['a.txt'] content of a" in log
    assert (tmp_path / "artifacts" / "outputs" / "kept.txt").read_text() == "kept"
    assert (tmp_path / "named-outputs" / "out" / "result.txt").read_text() == "two words"


@pytest.mark.parametrize("path", ["/paths/result.txt", "/paths/", ""], ids=["a file", "a folder", "the whole"])
def test_what_a_job_wrote_becomes_an_asset(client: MLClient, done: Any, path: str, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Data, Model

    uri = f"azureml://jobs/{done.name}/outputs/out{path}"
    model = client.models.create_or_update(Model(name="v2-of-a-job", path=uri, type="custom_model"))
    data = client.data.create_or_update(Data(name="v2-of-a-job", path=uri, type="uri_folder"))
    assert "/datastores/workspaceblobstore/paths/" in model.path
    assert data.path in (model.path, uri)
    client.models.download(model.name, model.version, download_path=tmp_path)
    files = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert [(one.name, one.read_text()) for one in files] == [("result.txt", "two words")]


def test_what_a_job_did_not_write_becomes_none(client: MLClient, done: Any) -> None:
    from azure.ai.ml.entities import Model
    from azure.core.exceptions import HttpResponseError

    uri = f"azureml://jobs/{done.name}/outputs/elsewhere"
    with pytest.raises(HttpResponseError, match="has no output 'elsewhere'; it has artifacts, out"):
        client.models.create_or_update(Model(name="v2-of-no-job", path=uri))


def test_what_was_sent_is_read_back(client: MLClient, done: Any, emulator: Emulator) -> None:
    assert (done.display_name, done.description, done.experiment_name) == (
        "all kinds of inputs",
        "a description",
        "v2-commands",
    )
    assert done.tags["kind"] == "commands"
    assert done.command == LINE
    inputs = done._to_dict()["inputs"]
    assert (inputs["text"], inputs["folder"]["type"], inputs["file"]["mode"]) == ("two words", "uri_folder", "download")
    assert inputs["folder"]["path"].endswith("/data/")
    assert done.environment_variables == {"GREETING": "hello"}
    assert done.studio_url.startswith(f"{emulator.http}/studio/runs/{done.name}")
    assert done.creation_context.created_at is not None


def test_a_job_is_listed_until_it_is_archived(client: MLClient, done: Any) -> None:
    def listed(**view: Any) -> list[str]:
        return [job.name for job in client.jobs.list(**view)]

    from azure.ai.ml.constants import ListViewType

    assert done.name in listed()
    client.jobs.archive(done.name)
    assert done.name not in listed()
    assert done.name in listed(list_view_type=ListViewType.ARCHIVED_ONLY)
    client.jobs.restore(done.name)
    assert done.name in listed(list_view_type=ListViewType.ACTIVE_ONLY)


def test_name_and_tags_of_a_job_change(client: MLClient, done: Any) -> None:
    client.jobs.update(done.name, display_name="another", tags={"more": "tags"})
    changed = client.jobs.get(done.name)
    assert (changed.display_name, changed.tags) == ("another", {"kind": "commands", "more": "tags"})
    changed.description = "changed"
    assert client.jobs.create_or_update(changed).description == "changed"


def test_a_job_is_a_run_to_sdk_v1(workspace: Workspace, done: Any) -> None:
    from azureml.core import Experiment

    runs = {run.id: run for run in Experiment(workspace, "v2-commands").get_runs()}
    assert runs[done.name].get_status() == "Completed"
    assert "user_logs/std_log.txt" in runs[done.name].get_file_names()


def test_a_run_of_sdk_v1_is_a_job(client: MLClient, workspace: Workspace, compute: str, tmp_path: Path) -> None:
    from azureml.core import Environment, Experiment, ScriptRunConfig

    (tmp_path / "own.py").write_text("print('of v1')")
    environment = Environment("v2-commands-of-v1")
    environment.python.user_managed_dependencies = True
    configuration = ScriptRunConfig(
        str(tmp_path), "own.py", ["--n", 1], compute_target=compute, environment=environment.register(workspace)
    )
    run = Experiment(workspace, "v2-of-v1").submit(configuration)
    run.wait_for_completion()
    job = client.jobs.get(run.id)
    assert (job.status, job.command, job.experiment_name) == ("Completed", "python own.py --n 1", "v2-of-v1")
    assert run.id in [job.name for job in client.jobs.list()]


@pytest.mark.parametrize("name", ["sklearn-1.5", "mldesigner-minimal"])
def test_an_environment_of_azure_is_this_python(client: MLClient, command: Command, name: str) -> None:
    job = command("true")
    job.environment = f"azureml://registries/azureml/environments/{name}/labels/latest"
    done = finish(client, client.jobs.create_or_update(job))
    assert done.status == "Completed"
    assert f"'AzureML-{name}' is an image of Azure's" in done.properties["localWorkspaceEnvironment"]


def test_a_failure_says_why(client: MLClient, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    from azure.ai.ml.exceptions import JobException

    job = client.jobs.create_or_update(command("sleep 2 && echo to the log && exit 3"))
    with pytest.raises(JobException, match="User program failed with exit code 3"):
        client.jobs.stream(job.name)
    assert "to the log" in capsys.readouterr().out
    assert client.jobs.get(job.name).status == "Failed"


@pytest.mark.parametrize("mode", ["ro_mount", "download"])
def test_an_input_that_is_not_there_is_why(client: MLClient, command: Command, mode: str) -> None:
    """The command would go on with an empty folder, or end well where it never looks."""
    from azure.ai.ml import Input

    missing = Input(type="uri_folder", path="azureml://datastores/workspaceblobstore/paths/v2/nothing", mode=mode)
    job = finish(client, client.jobs.create_or_update(command("echo ${{inputs.data}}", inputs={"data": missing})))
    assert job.status == "Failed"
    error: Any = client.jobs._runs_operations.get_run_details(job.name).error
    assert "input 'data': there is nothing at 'v2/nothing' on datastore 'workspaceblobstore'" in error.error.message


def test_a_job_is_canceled(client: MLClient, command: Command) -> None:
    job = client.jobs.create_or_update(command("sleep 600"))
    until(lambda: client.jobs.get(job.name).status == "Running", "the job to run")
    client.jobs.begin_cancel(job.name).result()
    assert client.jobs.get(job.name).status == "Canceled"
    client.jobs.begin_cancel(job.name).result()


def test_a_job_takes_no_longer_than_its_limit(client: MLClient, command: Command) -> None:
    job = command("sleep 600")
    job.set_limits(timeout=1)
    assert finish(client, client.jobs.create_or_update(job)).status == "Canceled"


REFUSED: dict[str, tuple[Callable[[Any], object], str]] = {
    "instances": (lambda job: job.set_resources(instance_count=2), "asks for 2 instances, and there is one machine"),
    "distribution": (lambda job: setattr(job, "distribution", _pytorch()), "distributed jobs"),
    "tier": (lambda job: job.set_queue_settings(job_tier="Spot"), "job tiers and priorities"),
}


def _pytorch() -> object:
    from azure.ai.ml import PyTorchDistribution

    return PyTorchDistribution(process_count_per_instance=2)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_would_be_ignored_is_refused(client: MLClient, command: Command, kind: str) -> None:
    change, message = REFUSED[kind]
    job = command("echo never")
    change(job)
    with pytest.raises(Exception, match=message):
        client.jobs.create_or_update(job)


def test_a_name_is_taken_once(client: MLClient, command: Command, done: Any) -> None:
    from azure.core.exceptions import ResourceExistsError

    with pytest.raises(ResourceExistsError, match="exists with another command"):
        client.jobs.create_or_update(command("echo another", name=done.name))
