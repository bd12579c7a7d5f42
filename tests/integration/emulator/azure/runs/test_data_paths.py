"""Places on datastores as inputs of steps: data references, and data path parameters however a run is started."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace
    from azureml.data.azure_storage_datastore import AzureBlobDatastore
    from azureml.pipeline.core import PipelineRun, PublishedPipeline, StepRun

Step = Callable[..., Any]
Submit = Callable[..., "PipelineRun"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]
Rest = Callable[..., requests.Response]

READ = """
import pathlib, sys
path = pathlib.Path(sys.argv[1])
print(path.read_text() if path.is_file() else sorted(file.name for file in path.iterdir()))
"""
LEAVE = "import pathlib, sys; pathlib.Path(sys.argv[1], 'left.txt').write_text('x')"


@pytest.fixture(scope="module")
def store(workspace: Workspace, emulator: Emulator) -> AzureBlobDatastore:
    """The default datastore with paths/one/a.txt and paths/two/b.txt."""
    for name in ("one/a.txt", "two/b.txt"):
        file = emulator.folder / "blobs" / "azureml-blobstore" / "paths" / name
        file.parent.mkdir(parents=True)
        file.write_text(f"this is {name}")
    return workspace.get_default_datastore()


@pytest.fixture
def published(store: AzureBlobDatastore, workspace: Workspace, make_step: Step) -> PublishedPipeline:
    """Reads its data path parameter "data", which is paths/one by default."""
    from azureml.pipeline.core import Pipeline

    data = data_path(store, "paths/one")
    return Pipeline(workspace, steps=[make_step("reads", READ, arguments=[data], inputs=[data])]).publish("data path")


def data_path(store: AzureBlobDatastore, path: str, mode: str = "mount") -> Any:
    from azureml.data.datapath import DataPath, DataPathComputeBinding
    from azureml.pipeline.core import PipelineParameter

    return PipelineParameter("data", DataPath(store, path)), DataPathComputeBinding(mode=mode)


def log(step: StepRun) -> str:
    return str(step.get_stdout_log()).strip()


def test_data_reference(store: AzureBlobDatastore, make_step: Step, submit: Submit, finish: Finish) -> None:
    """A folder, a file, and a path that goes on behind the reference."""
    from azureml.data.data_reference import DataReference

    folder = DataReference(store, "folder", path_on_datastore="paths/one")
    file = DataReference(store, "one_file", path_on_datastore="paths/two/b.txt")
    steps = finish(
        submit(
            make_step("folder", READ, arguments=[folder], inputs=[folder]),
            make_step("file", READ, arguments=[file], inputs=[file]),
        )
    )
    assert log(steps["folder"]) == "['a.txt']"
    assert log(steps["file"]) == "this is two/b.txt"


def test_mount_and_download(
    store: AzureBlobDatastore, make_step: Step, submit: Submit, finish: Finish, emulator: Emulator
) -> None:
    """What is mounted is the datastore's own folder; what is downloaded is the step's own copy."""
    from azureml.data.data_reference import DataReference

    left = emulator.folder / "blobs" / "azureml-blobstore" / "paths" / "one" / "left.txt"
    for mode, stays in (("download", False), ("mount", True)):
        data = DataReference(store, "data", path_on_datastore="paths/one", mode=mode)
        assert finish(submit(make_step("leaves", LEAVE, arguments=[data], inputs=[data])))
        assert left.exists() is stays
    left.unlink()


@pytest.mark.parametrize(("mode", "at"), [("mount", None), ("mount", "deep/data"), ("download", None)])
def test_nothing_there(
    store: AzureBlobDatastore, make_step: Step, submit: Submit, finish: Finish, mode: str, at: str | None
) -> None:
    """As on Azure, where a blob store has no folders: an empty one, or a path that isn't there; never a refusal."""
    from azureml.data.data_reference import DataReference

    data = DataReference(store, "data", path_on_datastore="paths/none", mode=mode, path_on_compute=at)
    look = "import os, sys; print(os.listdir(sys.argv[1]) if os.path.exists(sys.argv[1]) else [])"
    step = finish(submit(make_step("looks", look, arguments=[data], inputs=[data])))["looks"]
    assert (step.get_status(), log(step)) == ("Finished", "[]")


def test_names_that_are_not_text(store: AzureBlobDatastore, make_step: Step, submit: Submit, finish: Finish) -> None:
    """Written straight to a datastore: on it they are spelled out, and what lists it isn't stopped."""
    from azureml.core import Dataset
    from azureml.data import OutputFileDatasetConfig

    source = "import os, sys; open(os.path.join(os.fsencode(sys.argv[1]), b'caf\\xe9.txt'), 'w').write('x')"
    mounted = OutputFileDatasetConfig("mounted", (store, "odd/mounted")).as_mount()
    uploaded = OutputFileDatasetConfig("uploaded", (store, "odd/uploaded")).as_upload()
    steps = finish(
        submit(make_step("one", source, arguments=[mounted]), make_step("two", source, arguments=[uploaded]))
    )
    assert [step.get_status() for step in steps.values()] == ["Finished"] * 2
    found = sorted(Dataset.File.from_files((store, "odd/**")).to_path())
    assert found == [r"/mounted/caf\xe9.txt", r"/uploaded/caf\xe9.txt"]


def test_submitted(store: AzureBlobDatastore, make_step: Step, submit: Submit, finish: Finish) -> None:
    from azureml.data.datapath import DataPath

    data = data_path(store, "paths/one", "download")
    step = make_step("reads", READ, arguments=[data], inputs=[data])
    first, second = submit(step), submit(step, pipeline_parameters={"data": DataPath(store, "paths/two")})
    assert log(finish(first)["reads"]) == "['a.txt']"
    assert log(finish(second)["reads"]) == "['b.txt']"


def test_published(
    published: PublishedPipeline,
    store: AzureBlobDatastore,
    workspace: Workspace,
    experiment: Experiment,
    finish: Finish,
) -> None:
    from azureml.data.datapath import DataPath

    first = published.submit(workspace, experiment.name)
    second = published.submit(workspace, experiment.name, pipeline_parameters={"data": DataPath(store, "paths/two")})
    assert log(finish(first)["reads"]) == "['a.txt']"
    assert log(finish(second)["reads"]) == "['b.txt']"


@pytest.fixture
def start(published: PublishedPipeline, experiment: Experiment, rest: Rest) -> Callable[..., requests.Response]:
    """Submits the published pipeline over REST."""

    def send(**body: Any) -> requests.Response:
        path = f"/PipelineRuns/PipelineSubmit/{published.id}"
        return rest("POST", "/pipelines/v1.0", path, json={"ExperimentName": experiment.name, **body})

    return send


def test_rest(start: Callable[..., requests.Response], experiment: Experiment, finish: Finish) -> None:
    from azureml.pipeline.core import PipelineRun

    value = {"DataStoreName": "workspaceblobstore", "RelativePath": "paths/two"}
    run = PipelineRun(experiment, start(DataPathAssignments={"data": value}).json()["Id"])
    assert log(finish(run)["reads"]) == "['b.txt']"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (
            {"DataPathAssignments": {"dota": {"DataStoreName": "workspaceblobstore"}}},
            400,
            "no parameter 'dota': it has data",
        ),
        ({"ParameterAssignments": {"data": "paths/two"}}, 400, "'data' is given by DataPathAssignments"),
        ({"DataPathAssignments": {"data": "paths/two"}}, 400, "DataPathAssignments.data must be an object"),
        ({"DataPathAssignments": {"data": {"DataStoreName": "none", "RelativePath": "a"}}}, 404, "datastore 'none'"),
        (
            {"DataPathAssignments": {"data": {"DataStoreName": "workspaceblobstore", "RelativePath": "../../x"}}},
            400,
            "RelativePath must be a path without '..'",
        ),
    ],
)
def test_bad_value(start: Callable[..., requests.Response], body: dict[str, Any], status: int, said: str) -> None:
    refused = start(**body)
    assert (refused.status_code, said in refused.json()["error"]["message"]) == (status, True), refused.text


@pytest.fixture
def advance(emulator: Emulator, bearer: dict[str, str]) -> Callable[[int], None]:
    """Moves the clock by so many minutes."""

    def move(minutes: int) -> None:
        moved = requests.post(f"{emulator.http}/own/clock", json={"advance": minutes * 60}, headers=bearer, timeout=30)
        assert moved.ok, moved.text

    return move


@pytest.fixture
def inbox(emulator: Emulator) -> Iterator[Path]:
    folder = emulator.folder / "blobs" / "azureml-blobstore" / "inbox"
    folder.mkdir()
    yield folder
    for file in folder.iterdir():
        file.unlink()


def test_scheduled(
    published: PublishedPipeline,
    store: AzureBlobDatastore,
    workspace: Workspace,
    experiment: Experiment,
    inbox: Path,
    advance: Callable[[int], None],
) -> None:
    """A poll of the datastore starts a run for each blob that is new, and hands it the blob."""
    from azureml.pipeline.core import Schedule

    options = {"datastore": store, "polling_interval": 5, "path_on_datastore": "inbox"}
    schedule = Schedule.create(
        workspace, "inbox", published.id, experiment.name, data_path_parameter_name="data", **options
    )
    try:
        for name in ("c.txt", "d.txt"):
            (inbox / name).write_text(f"content of {name}")
        advance(5)
        runs = schedule.get_pipeline_runs()
        for run in runs:
            until(lambda run=run: run.get_status() == "Finished", f"run {run.id} to finish")  # type: ignore[misc]
        assert sorted(log(next(iter(run.get_steps()))) for run in runs) == ["content of c.txt", "content of d.txt"]
    finally:
        schedule.disable()
