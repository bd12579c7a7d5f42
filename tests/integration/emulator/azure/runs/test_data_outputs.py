"""Datasets as outputs of steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.emulator.azure.runs.looking import SHOW, reason, seen
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.data.azure_storage_datastore import AzureBlobDatastore
    from azureml.pipeline.core import PipelineRun, StepRun

Step = Callable[..., Any]
Submit = Callable[..., "PipelineRun"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]

WRITE = """
import pathlib, sys
for folder in sys.argv[1:-1]:
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    pathlib.Path(folder, "t.csv").write_text("n\\n1\\n2\\n")
    pathlib.Path(folder, "note.txt").write_text("a note")
sys.exit(int(sys.argv[-1]))
"""


@pytest.fixture(scope="module")
def store(workspace: Workspace) -> AzureBlobDatastore:
    return workspace.get_default_datastore()


def test_outputs(
    workspace: Workspace, store: AzureBlobDatastore, make_step: Step, submit: Submit, finish: Finish, emulator: Emulator
) -> None:
    """Mounted and uploaded, registered as files and as a table, read by the next step in three ways."""
    from azureml.core import Dataset
    from azureml.data import OutputFileDatasetConfig

    mounted = OutputFileDatasetConfig("mounted", source="outputs/mounted")
    mounted = mounted.register_on_complete("out", "about", {"a": "1"})
    uploaded = OutputFileDatasetConfig("uploaded", (store, "results/{run-id}")).as_upload(source_globs=["**/*.csv"])
    table = uploaded.read_delimited_files().register_on_complete("out-table")
    write = make_step("write", WRITE, arguments=[mounted, table, "0"])
    read = make_step(
        "read",
        SHOW,
        arguments=[mounted.as_input("m"), mounted.as_input("d").as_download()],
        inputs=[table.as_input("t")],
    )
    steps = finish(submit(write, read))
    said = seen(steps["read"])
    assert said["looked at"] == [["note.txt", "t.csv"]] * 2
    assert said["inputs"]["t"] == [{"n": "1"}, {"n": "2"}]
    results = emulator.folder / "blobs" / "azureml-blobstore" / "results" / steps["write"].id
    assert [file.name for file in results.iterdir()] == ["t.csv"]
    found = Dataset.get_by_name(workspace, "out")
    assert (found.to_path(), found.description, found.tags) == (["/note.txt", "/t.csv"], "about", {"a": "1"})
    assert Dataset.get_by_name(workspace, "out-table")._dataflow._to_pyrecords() == [{"n": "1"}, {"n": "2"}]
    outputs = steps["write"].get_details()["outputDatasets"]
    assert {one["outputDetails"]["outputName"]: one["dataset"].name for one in outputs} == {
        "mounted": "out",
        "uploaded": "out-table",
    }


def test_nothing_of_a_failed_step(
    workspace: Workspace, store: AzureBlobDatastore, make_step: Step, submit: Submit, finish: Finish, emulator: Emulator
) -> None:
    """is registered or uploaded."""
    from azureml.core import Dataset
    from azureml.data import OutputFileDatasetConfig

    output = OutputFileDatasetConfig("failed", (store, "failed")).as_upload().register_on_complete("of-failed")
    assert finish(submit(make_step("fails", WRITE, arguments=[output, "3"])))["fails"].get_status() == "Failed"
    assert list((emulator.folder / "blobs" / "azureml-blobstore" / "failed").iterdir()) == []
    with pytest.raises(Exception, match="Cannot find dataset"):
        Dataset.get_by_name(workspace, "of-failed")


def test_upload_over_what_is_there(
    store: AzureBlobDatastore, make_step: Step, submit: Submit, finish: Finish, emulator: Emulator
) -> None:
    from azureml.data import OutputFileDatasetConfig

    there = emulator.folder / "blobs" / "azureml-blobstore" / "over" / "t.csv"
    there.parent.mkdir()
    there.write_text("old")
    for overwrite, status, content in ((False, "Failed", "old"), (True, "Finished", "n\n1\n2\n")):
        output = OutputFileDatasetConfig("over", (store, "over")).as_upload(overwrite=overwrite)
        step = finish(submit(make_step("write", WRITE, arguments=[output, "0"])))["write"]
        assert (step.get_status(), there.read_text()) == (status, content)
        if not overwrite:
            assert "over/t.csv is on datastore 'workspaceblobstore' already, and overwrite is not set" in reason(step)


def test_pipeline_data_as_dataset(workspace: Workspace, make_step: Step, submit: Submit, finish: Finish) -> None:
    from azureml.core import Dataset
    from azureml.pipeline.core import PipelineData

    data = PipelineData("kept", is_directory=True).as_dataset().register("kept", create_new_version=True)
    write = make_step("write", WRITE, arguments=[data, "0"], outputs=[data])
    read = make_step("read", SHOW, arguments=[data.as_named_input("again").as_mount()])
    said = seen(finish(submit(write, read))["read"])
    assert said["looked at"] == [["note.txt", "t.csv"]]
    assert list(said["inputs"]) == ["again"]
    assert Dataset.get_by_name(workspace, "kept").to_path() == ["/note.txt", "/t.csv"]
