"""Datasets from a program: saved, registered, read by the SDK's native library."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.data import FileDataset
    from azureml.data.azure_storage_datastore import AzureBlobDatastore

Rest = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def store(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> AzureBlobDatastore:
    """The default datastore with two CSV files, one of them in a folder, and a file of JSON lines."""
    source = tmp_path_factory.mktemp("source")
    (source / "csv" / "deep").mkdir(parents=True)
    (source / "csv" / "a.csv").write_text("x,y\n1,2\n3,4\n")
    (source / "csv" / "deep" / "b.csv").write_text("x,y\n5,6\n")
    (source / "lines.jsonl").write_text('{"n": 1, "name": "ada"}\n{"n": 2, "name": "bob"}\n')
    datastore = workspace.get_default_datastore()
    datastore.upload(str(source), target_path="datasets", show_progress=False)
    return datastore


@pytest.fixture(scope="module")
def files(store: AzureBlobDatastore) -> Callable[[str], FileDataset]:
    from azureml.core import Dataset

    def of(path: str) -> FileDataset:
        return Dataset.File.from_files((store, f"datasets/{path}"))

    return of


def rows(dataset: Any) -> list[dict[str, Any]]:
    """Of a tabular dataset, without pandas."""
    records: list[dict[str, Any]] = dataset._dataflow._to_pyrecords()
    return records


def test_versions(workspace: Workspace, files: Callable[[str], FileDataset]) -> None:
    from azureml.core import Dataset

    first = files("csv/**").register(workspace, "versions", description="first", tags={"area": "x"})
    second = files("csv/a.csv").register(workspace, "versions", create_new_version=True)
    assert (first.version, second.version, first.tags) == (1, 2, {"area": "x"})
    newest, oldest = Dataset.get_by_name(workspace, "Versions"), Dataset.get_by_name(workspace, "versions", version=1)
    assert (newest.version, newest.to_path()) == (2, ["/a.csv"])
    assert (oldest.id, oldest.description, oldest.to_path()) == (first.id, "first", ["/a.csv", "/deep/b.csv"])
    assert Dataset.get_by_id(workspace, first.id).version == 1
    assert Dataset.get_all(workspace)["versions"].version == 2


def test_lists(workspace: Workspace, files: Callable[[str], FileDataset], rest: Callable[..., Any]) -> None:
    """As other clients see them: the SDK asks for a list only when it is walked through, and then drops a last page."""
    listed = files("csv/**").register(workspace, "listed")
    found = rest("GET", "/dataset/v1.0", "/datasets").json()["value"]
    (identifier,) = [one["datasetId"] for one in found if one["name"] == "listed"]
    one = rest("GET", "/dataset/v1.0", f"/datasets/{identifier}").json()
    assert one["latest"]["savedDatasetId"] == listed.id


def test_name_that_is_taken(workspace: Workspace, files: Callable[[str], FileDataset]) -> None:
    files("csv/**").register(workspace, "taken")
    with pytest.raises(Exception, match='already a dataset registered under name "taken"'):
        files("csv/a.csv").register(workspace, "taken")


def test_registered_twice(workspace: Workspace, files: Callable[[str], FileDataset]) -> None:
    """A saved dataset has one name only. The SDK reads which in the status line."""
    dataset = files("csv/**").register(workspace, "first-name")
    with pytest.raises(Exception, match=r"An identical dataset .* name=.*first-name.*, version=1"):
        dataset.register(workspace, "second-name")


def test_tags(workspace: Workspace, files: Callable[[str], FileDataset]) -> None:
    """Of a version, not of the name."""
    from azureml.core import Dataset

    dataset = files("csv/**").register(workspace, "tagged", tags={"a": "1"})
    other = files("csv/**").register(workspace, "tagged", create_new_version=True)
    dataset.add_tags({"b": "2"})
    dataset.remove_tags(["a"])
    dataset.update(description="about")
    found = Dataset.get_by_name(workspace, "tagged", version=1)
    assert (found.tags, found.description) == ({"b": "2"}, "about")
    assert Dataset.get_by_id(workspace, other.id).tags == {}


def test_unregister(workspace: Workspace, files: Callable[[str], FileDataset]) -> None:
    """The definitions stay, so that old runs can still be looked at; a new registration starts with version 1."""
    from azureml.core import Dataset

    dataset = files("csv/**").register(workspace, "leaves")
    identifier = dataset.id
    dataset.unregister_all_versions()
    with pytest.raises(Exception, match='Cannot find dataset registered with name "leaves"'):
        Dataset.get_by_name(workspace, "leaves")
    kept = Dataset.get_by_id(workspace, identifier)
    assert (kept.name, kept.to_path()) == (None, ["/a.csv", "/deep/b.csv"])
    assert kept.register(workspace, "leaves").version == 1


def test_what_is_not_there(workspace: Workspace, files: Callable[[str], FileDataset]) -> None:
    from azureml.core import Dataset

    with pytest.raises(Exception, match='Cannot find dataset registered with name "none"'):
        Dataset.get_by_name(workspace, "none")
    with pytest.raises(Exception, match='Cannot find dataset with id "none"'):
        Dataset.get_by_id(workspace, "none")
    with pytest.raises(Exception, match="NotFound"):
        files("nothing-here/**").download()


def test_download(workspace: Workspace, files: Callable[[str], FileDataset], tmp_path: Path) -> None:
    dataset = files("csv/**").register(workspace, "downloaded")
    found = dataset.download(str(tmp_path / "all"))
    assert [Path(path).relative_to(tmp_path).as_posix() for path in found] == ["all/a.csv", "all/deep/b.csv"]
    assert Path(found[1]).read_text() == "x,y\n5,6\n"
    assert files("csv/*.csv").to_path() == ["/a.csv"]
    assert dataset.skip(1).to_path() == ["/deep/b.csv"]


def test_upload_directory(workspace: Workspace, store: AzureBlobDatastore, tmp_path: Path) -> None:
    from azureml.core import Dataset

    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "c.txt").write_text("c")
    dataset = Dataset.File.upload_directory(str(tmp_path / "new"), (store, "uploaded"), show_progress=False)
    assert dataset.to_path() == ["/c.txt"]


@pytest.mark.skipif(
    not os.access("/dev/fuse", os.W_OK) or os.geteuid() != 0, reason="mounting needs /dev/fuse and who may mount"
)
def test_mount(files: Callable[[str], FileDataset]) -> None:
    """By the SDK's own file system in user space, read-only."""
    with files("csv/**").mount() as mounted:
        root = Path(mounted.mount_point)
        assert sorted(path.name for path in root.iterdir()) == ["a.csv", "deep"]
        assert (root / "deep" / "b.csv").read_text() == "x,y\n5,6\n"
        with pytest.raises(OSError, match="Read-only"):
            (root / "new.txt").write_text("x")


def test_tabular(workspace: Workspace, store: AzureBlobDatastore) -> None:
    from azureml.core import Dataset

    Dataset.Tabular.from_delimited_files((store, "datasets/csv/**")).register(workspace, "table")
    found = Dataset.get_by_name(workspace, "table")
    assert rows(found.take(2)) == [{"x": 1, "y": 2}, {"x": 3, "y": 4}]
    assert rows(found.keep_columns(["y"])) == [{"y": 2}, {"y": 4}, {"y": 6}]
    lines = Dataset.Tabular.from_json_lines_files((store, "datasets/lines.jsonl"))
    assert rows(lines) == [{"n": 1, "name": "ada"}, {"n": 2, "name": "bob"}]


def test_parquet(workspace: Workspace, store: AzureBlobDatastore, tmp_path: Path) -> None:
    from azureml.core import Dataset

    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table({"n": [1, 2, 3]}), tmp_path / "n.parquet")
    store.upload_files([str(tmp_path / "n.parquet")], target_path="datasets/parquet", show_progress=False)
    dataset = Dataset.Tabular.from_parquet_files((store, "datasets/parquet/n.parquet")).register(workspace, "parquet")
    assert rows(Dataset.get_by_name(workspace, "parquet").take(2)) == [{"n": 1}, {"n": 2}]
    assert dataset.version == 1


@pytest.mark.skipif(find_spec("pandas") is None, reason="pandas is not installed")
def test_pandas(store: AzureBlobDatastore) -> None:
    from azureml.core import Dataset

    frame = Dataset.Tabular.from_delimited_files((store, "datasets/csv/**")).to_pandas_dataframe()
    assert frame.to_dict("list") == {"x": [1, 3, 5], "y": [2, 4, 6]}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"datasetType": "tabular", "dataflowJson": "{}"}, 400, "has no RsDataflow"),
        ({"datasetType": "tabular", "dataflowJson": "no JSON"}, 400, "the dataflow is not JSON"),
        ({"dataflowJson": "{}"}, 400, "lacks 'datasetType'"),
    ],
)
def test_definition_that_nothing_reads(rest: Rest, body: dict[str, str], status: int, said: str) -> None:
    answer = rest("POST", "/dataset/v1.0", "/saveddatasets", json=body)
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]


def test_search(rest: Rest) -> None:
    answer = rest("GET", "/dataset/v1.0", "/datasets", params={"searchText": "x"})
    assert (answer.status_code, "a search among datasets" in answer.text) == (400, True)
