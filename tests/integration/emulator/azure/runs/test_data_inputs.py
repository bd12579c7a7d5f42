"""Datasets as inputs of steps."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.azure.runs.looking import LIST, SHOW, reason, seen
from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.data import FileDataset
    from azureml.data.azure_storage_datastore import AzureBlobDatastore
    from azureml.pipeline.core import PipelineRun, StepRun

Step = Callable[..., Any]
Submit = Callable[..., "PipelineRun"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]


@pytest.fixture(scope="module")
def store(workspace: Workspace, emulator: Emulator) -> AzureBlobDatastore:
    """The default datastore with inputs/a.csv and inputs/deep/b.csv."""
    folder = emulator.folder / "blobs" / "azureml-blobstore" / "inputs"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.csv").write_text("x\n1\n")
    (folder / "deep" / "b.csv").write_text("x\n2\n")
    return workspace.get_default_datastore()


@pytest.fixture(scope="module")
def files(store: AzureBlobDatastore) -> Callable[[str], FileDataset]:
    from azureml.core import Dataset

    def of(path: str) -> FileDataset:
        return Dataset.File.from_files((store, f"inputs/{path}"))

    return of


def test_every_way_to_hand_over_a_dataset(
    workspace: Workspace,
    store: AzureBlobDatastore,
    files: Callable[[str], FileDataset],
    make_step: Step,
    submit: Submit,
    finish: Finish,
    tmp_path: Path,
) -> None:
    from azureml.core import Dataset

    registered = files("**").register(workspace, "handed-over")
    table = Dataset.Tabular.from_delimited_files((store, "inputs/a.csv")).register(workspace, "handed-over-table")
    one_file = files("a.csv").as_named_input("one").as_mount()
    elsewhere = registered.as_named_input("elsewhere").as_mount(str(tmp_path / "data"))
    arguments = [
        *(files("**").as_named_input("one_more").as_mount(), one_file, elsewhere),
        registered.as_named_input("below").as_download("data/in"),
    ]
    run = submit(make_step("shows", SHOW, arguments=arguments, inputs=[table.as_named_input("table")]))
    step = finish(run)["shows"]
    said = seen(step)
    assert said["looked at"] == [["a.csv", "deep/b.csv"], "x\n1\n", *([["a.csv", "deep/b.csv"]] * 2)]
    assert said["arguments"][2] == str(tmp_path / "data")
    assert said["arguments"][3].endswith("/code/data/in")
    assert said["inputs"]["table"] == [{"x": 1}]
    assert said["variables"]["table"] == table.id
    assert [said["inputs"][name] for name in ("one_more", "one", "elsewhere", "below")] == said["arguments"]
    assert not (tmp_path / "data").exists()
    lineage = {
        one["consumptionDetails"]["inputName"]: one["dataset"].name for one in step.get_details()["inputDatasets"]
    }
    assert (lineage["below"], lineage["one_more"]) == ("handed-over", None)


def test_latest_version(
    workspace: Workspace, files: Callable[[str], FileDataset], make_step: Step, submit: Submit, finish: Finish
) -> None:
    """Of the moment when the step runs, where no version was asked for."""
    from azureml.data.dataset_consumption_config import DatasetConsumptionConfig

    files("deep/**").register(workspace, "grows")
    step = make_step("shows", LIST, arguments=[DatasetConsumptionConfig("data", (workspace, "grows"), "mount")])
    files("**").register(workspace, "grows", create_new_version=True)
    assert seen(finish(submit(step))["shows"])["looked at"] == [["a.csv", "deep/b.csv"]]


def test_parameter(
    files: Callable[[str], FileDataset],
    make_step: Step,
    workspace: Workspace,
    submit: Submit,
    finish: Finish,
    rest: Callable[..., requests.Response],
) -> None:
    """Submitted with its default, and published and started over REST with another dataset."""
    from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
    from azureml.pipeline.core import Pipeline, PipelineParameter, PipelineRun

    parameter = PipelineParameter("data", default_value=files("**"))
    step = make_step("shows", LIST, arguments=[DatasetConsumptionConfig("given", parameter).as_mount()])
    run = submit(step)
    assert seen(finish(run)["shows"])["looked at"] == [["a.csv", "deep/b.csv"]]
    published = Pipeline(workspace, steps=[step]).publish("takes a dataset")
    other = files("deep/**").register(workspace, "another").id
    body = {"ExperimentName": run.experiment.name}
    body |= {"DataSetDefinitionValueAssignments": {"data": {"SavedDataSetReference": {"Id": other}}}}
    answer = rest("POST", "/pipelines/v1.0", f"/PipelineRuns/PipelineSubmit/{published.id}", json=body)
    started = PipelineRun(run.experiment, answer.json()["Id"])
    assert seen(finish(started)["shows"])["looked at"] == [["b.csv"]]
    body["DataSetDefinitionValueAssignments"]["data"]["SavedDataSetReference"]["Id"] = "none"
    answer = rest("POST", "/pipelines/v1.0", f"/PipelineRuns/PipelineSubmit/{published.id}", json=body)
    assert (answer.status_code, "saved dataset 'none' not found" in answer.text) == (404, True)


def test_data_that_is_gone(
    files: Callable[[str], FileDataset], make_step: Step, submit: Submit, finish: Finish, emulator: Emulator
) -> None:
    """The step fails before its script starts, and says why."""
    folder = emulator.folder / "blobs" / "azureml-blobstore" / "inputs" / "gone"
    folder.mkdir()
    (folder / "c.csv").write_text("x\n")
    dataset = files("gone/c.csv").as_named_input("data")
    step = make_step("shows", LIST, arguments=[dataset.as_download()])
    (folder / "c.csv").unlink()
    first, second = reason(finish(submit(step))["shows"]).strip().splitlines()
    assert first == "the local workspace could not deliver data:"
    assert re.fullmatch(
        r"data, dataset [0-9a-f-]{36}: The requested stream was not found\. Please .* correct\.", second
    )


def test_path_that_is_taken(
    files: Callable[[str], FileDataset], make_step: Step, submit: Submit, finish: Finish, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    data = files("**").as_named_input("data")
    steps = finish(
        submit(
            make_step("taken", LIST, arguments=[data.as_mount(str(tmp_path / "mine"))]),
            make_step("source", LIST, arguments=[data.as_download("source.py")]),
            continue_on_step_failure=True,
        )
    )
    assert reason(steps["taken"]) == f"{tmp_path}/mine is there already: choose a path_on_compute where nothing is"
    assert "source.py is there already" in reason(steps["source"])
    assert (tmp_path / "mine").is_dir()


def test_cancel_while_data_is_read(
    files: Callable[[str], FileDataset], make_step: Step, submit: Submit, finish: Finish, emulator: Emulator
) -> None:
    """What reads the data ends at once, and the script never starts."""
    folder = emulator.folder / "blobs" / "azureml-blobstore" / "inputs" / "many"
    folder.mkdir()
    for number in range(50):
        (folder / f"{number}.txt").write_text("x")
    run = submit(make_step("shows", SHOW, arguments=[files("many/**").as_named_input("data").as_mount()]))

    until(emulator.moves_data, "the data to be read")
    run.cancel()
    step = finish(run)["shows"]
    assert (run.get_status(), step.get_status()) == ("Canceled", "Canceled")
    assert not emulator.moves_data()
    assert step.get_stdout_log() == ""


def test_mode_that_is_not_there(files: Callable[[str], FileDataset], make_step: Step, submit: Submit) -> None:
    run = submit(make_step("shows", SHOW, arguments=[files("**").as_named_input("data").as_hdfs()]))
    until(lambda: run.get_status() == "Failed", "the run to fail")
    said = run.get_details()["error"]["error"]["message"]
    assert "does not have inputs with the mode hdfs, as 'data' has" in said
