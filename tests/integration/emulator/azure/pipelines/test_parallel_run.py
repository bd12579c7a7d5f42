"""ParallelRunStep: mini batches of files and tables, given to several processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.data.azure_storage_datastore import AzureBlobDatastore
    from azureml.pipeline.core import PipelineRun, StepRun
    from azureml.pipeline.steps import ParallelRunStep

Submit = Callable[..., "PipelineRun"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]
Make = Callable[..., "ParallelRunStep"]
FILES = """
import argparse, os
import beside
from azureml_user.parallel_run import EntryScript

def init():
    global arguments, logger
    parser = argparse.ArgumentParser()
    parser.add_argument("--suffix")
    arguments, _ = parser.parse_known_args()
    logger = EntryScript().logger
    logger.info("init of %s", os.getpid())

def run(mini_batch):
    logger.info("given %s files", len(mini_batch))
    tried = os.path.join(EntryScript().output_dir, "tried-" + os.path.basename(mini_batch[0]))
    first = not os.path.exists(tried)
    open(tried, "a").close()
    if first and mini_batch[0].endswith("0.txt"):
        raise ValueError("a first try")
    if first and mini_batch[0].endswith("2.txt"):
        os._exit(3)
    if first and mini_batch[0].endswith("4.txt"):
        import time
        time.sleep(600)
    return [f"{os.path.basename(file)}: {open(file).read()}{arguments.suffix} {beside.NAME}" for file in mini_batch]
"""
TABLE = """
def init():
    pass

def run(mini_batch):
    assert list(mini_batch.columns) == ["x", "label"]
    mini_batch["twice"] = mini_batch["x"] * 2
    return mini_batch
"""
FAILS = """
def init():
    pass

def run(mini_batch):
    if "1.txt" in mini_batch[0]:
        raise ValueError("no such pixel")
    return mini_batch
"""


@pytest.fixture(scope="module")
def store(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> AzureBlobDatastore:
    """The default datastore with parallel/0.txt to parallel/5.txt, and parallel-table/t.csv of 40 rows."""
    folder, datastore = tmp_path_factory.mktemp("parallel"), workspace.get_default_datastore()
    for number in range(6):
        (folder / f"{number}.txt").write_text(str(number))
    datastore.upload(str(folder), "parallel", show_progress=False)
    table = tmp_path_factory.mktemp("table") / "t.csv"
    table.write_text("x,label\n" + "".join(f"{number},row {number}\n" for number in range(40)))
    datastore.upload_files([str(table)], target_path="parallel-table", show_progress=False)
    return datastore


@pytest.fixture
def make(workspace: Workspace, compute: str, store: AzureBlobDatastore, tmp_path: Path) -> Make:
    """A step of this source: `make(FILES, output_action="summary_only")`."""
    from azureml.core import Dataset, Environment
    from azureml.data import OutputFileDatasetConfig
    from azureml.pipeline.steps import ParallelRunConfig, ParallelRunStep

    environment = Environment("parallel")
    environment.python.user_managed_dependencies = True
    (tmp_path / "code" / "deep").mkdir(parents=True)
    (tmp_path / "code" / "beside.py").write_text("NAME = 'beside'\n")

    def step(source: str, *, table: bool = False, arguments: list[Any] | None = None, **options: Any) -> Any:
        (tmp_path / "code" / "deep" / "score.py").write_text(source)
        settings: dict[str, Any] = {"error_threshold": 0, "output_action": "append_row", "node_count": 1} | options
        configuration = ParallelRunConfig(
            environment=environment,
            source_directory=str(tmp_path / "code"),
            entry_script="deep/score.py",
            compute_target=workspace.compute_targets[compute],
            **settings,
        )
        files = Dataset.File.from_files((store, "parallel/*.txt")).as_named_input("images")
        rows = Dataset.Tabular.from_delimited_files((store, "parallel-table/t.csv")).as_named_input("rows")
        return ParallelRunStep(
            "predict",
            parallel_run_config=configuration,
            inputs=[rows if table else files],
            output=OutputFileDatasetConfig("scores", (store, f"scores/{tmp_path.name}")),
            arguments=arguments,
            allow_reuse=False,
        )

    return step


def output(store: AzureBlobDatastore, tmp_path: Path) -> dict[str, str]:
    target = tmp_path / "output"
    store.download(str(target), f"scores/{tmp_path.name}", show_progress=False)
    return {file.name: file.read_text() for file in target.rglob("*") if file.is_file()}


def test_files(make: Make, submit: Submit, finish: Finish, store: AzureBlobDatastore, tmp_path: Path) -> None:
    """Two processes; one mini batch fails, one ends its process, one takes too long: each is tried again."""
    from azureml.pipeline.core import PipelineParameter

    size = PipelineParameter("size", 5)
    step = make(
        FILES,
        arguments=["--suffix", "!"],
        mini_batch_size=size,
        process_count_per_node=2,
        node_count=2,
        run_invocation_timeout=5,
        run_max_try=3,
        append_row_file_name="rows.txt",
    )
    run = finish(submit(step, pipeline_parameters={"size": 2}))["predict"]
    said = run.get_stdout_log()
    assert run.get_status() == "Finished", said
    found = output(store, tmp_path)
    assert sorted(found["rows.txt"].splitlines()) == [f"{number}.txt: {number}! beside" for number in range(6)]
    assert "3 mini batches, 4 processes (2 nodes were asked for: all are on this machine)" in said
    assert "ValueError: a first try" in said
    assert "its process ended with exit code 3" in said
    assert "took longer than its run_invocation_timeout, 5 s" in said
    logs = [name for name in run.get_file_names() if name.startswith("logs/user/")]
    assert logs


def test_table(make: Make, submit: Submit, finish: Finish, store: AzureBlobDatastore, tmp_path: Path) -> None:
    """Rows of about so many bytes; what a DataFrame gives is separated by spaces, as the samples read it."""
    run = finish(submit(make(TABLE, table=True, mini_batch_size="100")))["predict"]
    said = run.get_stdout_log()
    assert run.get_status() == "Finished", said
    rows = output(store, tmp_path)["parallel_run_step.txt"].splitlines()
    assert (len(rows), rows[0]) == (40, '0 "row 0" 0')
    batches = int(said.partition(" mini batches")[0].rpartition(" ")[2])
    assert 2 < batches < 40


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"error_threshold": 0}, "1 items failed, error_threshold is 0"),
        ({"error_threshold": -1, "allowed_failed_count": 0}, "1 batches failed, allowed_failed_count is 0"),
        ({"error_threshold": -1, "allowed_failed_percent": 10}, "of the mini batches failed, allowed_failed_percent"),
        ({"error_threshold": 1}, ""),
    ],
)
def test_failures(make: Make, submit: Submit, finish: Finish, options: dict[str, Any], reason: str) -> None:
    step = make(FAILS, mini_batch_size="1", run_max_try=1, output_action="summary_only", **options)
    run = finish(submit(step))["predict"]
    assert run.get_status() == ("Failed" if reason else "Finished")
    said = run.get_stdout_log()
    assert reason in said
    assert 'deep/score.py", line 7, in run\n    raise ValueError("no such pixel")\nValueError: no such pixel' in said


def test_init_fails(make: Make, submit: Submit, finish: Finish) -> None:
    source = "def init():\n    raise ValueError('no model')\ndef run(mini_batch):\n    pass\n"
    run = finish(submit(make(source)))["predict"]
    assert run.get_status() == "Failed"
    assert "deep/score.py could not be initialized" in run.get_details()["error"]["error"]["message"]
    assert run.get_stdout_log().endswith("ValueError: no model\n")


def test_refused(make: Make, submit: Submit) -> None:
    with pytest.raises(Exception, match="does not have rank_mini_batch_count of a ParallelRunStep"):
        submit(make(FAILS, arguments=["--rank_mini_batch_count", "3"]))
