"""Datasets and data references as inputs and outputs of a ScriptRunConfig."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azureml.core import Experiment, Run, ScriptRunConfig, Workspace
    from azureml.data.azure_storage_datastore import AzureBlobDatastore

Configure = Callable[..., "ScriptRunConfig"]
READ = """
import json, os, sys
from azureml.core import Run
inputs = Run.get_context().input_datasets
texts = [open(sys.argv[1]).read(), open(os.path.join(sys.argv[2], "deep", "b.txt")).read()]
direct = inputs["direct"].to_path()
print("seen " + json.dumps([*texts, direct, os.path.islink("deep"), inputs["one"] == sys.argv[1]]))
"""
WRITE = """
import os, pathlib, sys
from azureml.core import Run
assert Run.get_context().output_datasets["kept"] == sys.argv[1]
for folder in sys.argv[1:]:
    pathlib.Path(folder, "new.csv").write_text("x\\n1\\n")
pathlib.Path(sys.argv[1], "notes.txt").write_text("n")
"""


@pytest.fixture(scope="module")
def store(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> AzureBlobDatastore:
    """The default datastore with scripts/a.txt and scripts/deep/b.txt."""
    folder, datastore = tmp_path_factory.mktemp("data"), workspace.get_default_datastore()
    (folder / "deep").mkdir()
    (folder / "a.txt").write_text("a")
    (folder / "deep" / "b.txt").write_text("b")
    datastore.upload(str(folder), "scripts", show_progress=False)
    return datastore


@pytest.fixture
def configure(compute: str, tmp_path: Path) -> Configure:
    from azureml.core import Environment, ScriptRunConfig

    folder = tmp_path / "source"
    folder.mkdir()
    environment = Environment("scripts")
    environment.python.user_managed_dependencies = True

    def make(source: str, **options: Any) -> ScriptRunConfig:
        (folder / "train.py").write_text(source)
        script = {} if "command" in options else {"script": "train.py"}
        return ScriptRunConfig(str(folder), **script, compute_target=compute, environment=environment, **options)

    return make


def ended(run: Run) -> str:
    return str(until(lambda: run.get_status() in ("Completed", "Failed", "Canceled") and run.get_status(), "an end"))


def log(run: Run) -> str:
    return "\n".join(text for name, text in run.get_details_with_logs()["logFiles"].items() if "std_log" in name)


def test_inputs(workspace: Workspace, store: AzureBlobDatastore, experiment: Experiment, configure: Configure) -> None:
    from azureml.core import Dataset

    one = Dataset.File.from_files((store, "scripts/a.txt")).as_named_input("one").as_mount()
    Dataset.File.from_files((store, "scripts/**")).register(workspace, "scripts")
    latest = Dataset.get_by_name(workspace, "scripts")
    all_of_them = latest.as_named_input("all").as_download(path_on_compute="deep")
    direct = latest.as_named_input("direct")
    run = experiment.submit(configure(READ, arguments=[one, all_of_them, direct]))
    assert ended(run) == "Completed", log(run)
    seen = json.loads(log(run).partition("seen ")[2])
    assert seen == ["a", "b", ["/a.txt", "/deep/b.txt"], True, True]
    inputs = {
        found["consumptionDetails"]["inputName"]: found["dataset"] for found in run.get_details()["inputDatasets"]
    }
    assert (inputs["all"].name, inputs["one"].to_path()) == ("scripts", ["/a.txt"])


def test_outputs(workspace: Workspace, store: AzureBlobDatastore, experiment: Experiment, configure: Configure) -> None:
    from azureml.core import Dataset
    from azureml.data import OutputFileDatasetConfig

    kept = OutputFileDatasetConfig("kept", (store, "made/{run-id}")).as_upload(source_globs=["*.csv"])
    # In this order: of one that is tabular already, the SDK does not send the name.
    table = OutputFileDatasetConfig("table").register_on_complete("made by it").read_delimited_files()
    run = experiment.submit(configure(WRITE, command=["python", "train.py", kept, table]))
    assert ended(run) == "Completed", log(run)
    assert Dataset.File.from_files((store, f"made/{run.id}/**")).to_path() == ["/new.csv"]
    registered = Dataset.get_by_name(workspace, "made by it")
    assert registered._dataflow._to_pyrecords() == [{"x": "1"}]
    assert [found["dataset"].id for found in run.get_details()["outputDatasets"]] == [registered.id]


def test_data_reference(store: AzureBlobDatastore, experiment: Experiment, configure: Configure) -> None:
    reference = store.path("scripts").as_mount()
    source = configure("import os, sys; print(sorted(os.listdir(sys.argv[1])))", arguments=[str(reference)])
    source.run_config.data_references = {reference.data_reference_name: reference.to_config()}
    run = experiment.submit(source)
    assert (ended(run), log(run)) == ("Completed", "['a.txt', 'deep']\n")


def test_data_that_is_gone(store: AzureBlobDatastore, experiment: Experiment, configure: Configure) -> None:
    from azureml.core import Dataset

    gone = Dataset.File.from_files((store, "nowhere/a.txt"), validate=False).as_named_input("gone").as_download()
    run = experiment.submit(configure("print()", arguments=[gone]))
    assert ended(run) == "Failed"
    said = run.get_details()["error"]["error"]["message"]
    assert "could not deliver gone" in said
    assert "The requested stream was not found." in said
    assert "Traceback" not in said
    assert 'File "' not in said


def test_cancel_while_data_is_read(
    store: AzureBlobDatastore, experiment: Experiment, configure: Configure, emulator: Emulator, tmp_path: Path
) -> None:
    from azureml.core import Dataset

    for number in range(50):
        (tmp_path / f"{number}.txt").write_text("x")
    store.upload_files([str(file) for file in tmp_path.glob("*.txt")], target_path="many", show_progress=False)
    many = Dataset.File.from_files((store, "many/**"), validate=False).as_named_input("many").as_mount()
    run = experiment.submit(configure("print()", arguments=[many]))
    until(emulator.moves_data, "the data to be read")
    run.cancel()
    assert (ended(run), log(run)) == ("Canceled", "")


def test_refused(store: AzureBlobDatastore, experiment: Experiment, configure: Configure) -> None:
    from azureml.core import Dataset
    from azureml.core.runconfig import Data

    source = configure("print()", arguments=["DatasetConsumptionConfig:other"])
    with pytest.raises(Exception, match="'DatasetConsumptionConfig:other' stands for data that the run does not have"):
        experiment.submit(source)
    dataset = Dataset.File.from_files((store, "scripts/**"))
    dataset._ensure_saved(experiment.workspace)
    renamed = Data.create(dataset.as_named_input("one").as_mount())
    renamed.environment_variable_name = "two"
    source.run_config.data = {"one": renamed}
    with pytest.raises(Exception, match="environment variable has another name, as 'one' has"):
        experiment.submit(source)
    assert list(experiment.get_runs()) == []
