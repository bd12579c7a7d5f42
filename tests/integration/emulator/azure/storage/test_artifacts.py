"""Files of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from azureml.core import Experiment, Run

Rest = Callable[..., requests.Response]
BYTES = bytes(range(256)) * 5


@pytest.fixture
def run(experiment: Experiment) -> Iterator[Run]:
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    yield run
    run.complete()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "verdict.json"
    file.write_bytes(BYTES)
    return file


def test_file_there_and_back(run: Run, file: Path, tmp_path: Path) -> None:
    run.upload_file("outputs/verdict.json", str(file))
    run.download_file("outputs/verdict.json", str(tmp_path / "back"))
    assert run.get_file_names() == ["outputs/verdict.json"]
    assert (tmp_path / "back").read_bytes() == BYTES


def test_empty_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    run.upload_file("outputs/empty", str(tmp_path / "empty"))
    run.download_file("outputs/empty", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == b""


def test_name_with_odd_characters(run: Run, file: Path, tmp_path: Path) -> None:
    name = "outputs/größe 50% & more+1.json"
    run.upload_file(name, str(file))
    run.download_file(name, str(tmp_path / "back"))
    assert run.get_file_names() == [name]
    assert (tmp_path / "back").read_bytes() == BYTES


def test_folder(run: Run, file: Path, tmp_path: Path) -> None:
    deep = file.parent / "report" / "deep"
    deep.mkdir(parents=True)
    (deep / "a.txt").write_text("a")
    (deep.parent / "b.txt").write_text("b")
    run.upload_folder("outputs/report", str(deep.parent))
    run.upload_file("outputs/reports.json", str(file))
    run.download_files(prefix="outputs/report/", output_directory=str(tmp_path / "back"))
    assert sorted(run.get_file_names()) == ["outputs/report/b.txt", "outputs/report/deep/a.txt", "outputs/reports.json"]
    back = tmp_path / "back" / "outputs" / "report"
    assert {path.relative_to(back).as_posix() for path in back.rglob("*.txt")} == {"b.txt", "deep/a.txt"}


def test_files_of_a_run_as_one_folder(run: Run, file: Path, tmp_path: Path) -> None:
    run.upload_files(["outputs/a.json", "./outputs//deep/b.json"], [str(file)] * 2)
    run.download_files(output_directory=str(tmp_path / "all"))
    run.download_files(prefix="outputs/deep", output_directory=str(tmp_path / "flat"), append_prefix=False)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")} - {file.name}
    assert found == {"all/outputs/a.json", "all/outputs/deep/b.json", "flat/b.json"}


def test_a_path_is_uploaded_once(run: Run, file: Path) -> None:
    from azureml._common.exceptions import AzureMLException

    run.upload_file("outputs/verdict.json", str(file))
    with pytest.raises(AzureMLException, match=rf"ExperimentRun/dcid\.{run.id}/outputs/verdict\.json already exists"):
        run.upload_file("outputs/verdict.json", str(file))


def test_another_datastore(run: Run, file: Path) -> None:
    with pytest.raises(Exception, match="does not have artifacts in datastore 'archive'"):
        run.upload_file("outputs/verdict.json", str(file), datastore_name="archive")


def test_logs(run: Run, tmp_path: Path) -> None:
    (tmp_path / "driver.txt").write_text("epoch 1")
    run.upload_file("azureml-logs/70_driver_log.txt", str(tmp_path / "driver.txt"))
    assert [Path(path).read_text() for path in run.get_all_logs(str(tmp_path / "back"))] == ["epoch 1"]
    assert run.get_details_with_logs()["logFiles"] == {"azureml-logs/70_driver_log.txt": "epoch 1"}


def test_missing_file(run: Run, tmp_path: Path) -> None:
    from azureml._common.exceptions import AzureMLException

    with pytest.raises(AzureMLException, match="outputs/none"):
        run.download_file("outputs/none", str(tmp_path / "back"))


@pytest.mark.parametrize(
    "path", ["../../../../secrets.json", "outputs/../../../../../secrets.json", "../dcid.other/outputs/verdict.json"]
)
def test_path_traversal(rest: Rest, run: Run, path: str) -> None:
    """The dots are sent encoded: in plain, the client would take them out itself."""
    encoded = path.replace(".", "%2E").replace("/", "%2F")
    base = f"/artifacts/content/ExperimentRun/dcid.{run.id}/"
    for method in ("GET", "POST"):
        answer = rest(method, "/artifact/v2.0", base + encoded, data=b"evil" if method == "POST" else None)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadArgument")
    body = {"paths": [{"path": path}]}
    announced = rest("POST", "/artifact/v2.0", f"/artifacts/batch/metadata/ExperimentRun/dcid.{run.id}", json=body)
    assert announced.status_code == 400


def test_content_is_appended(rest: Rest, run: Run) -> None:
    path = f"/artifacts/content/ExperimentRun/dcid.{run.id}/logs/log.txt"
    for line in (b"one\n", b"two\n"):
        assert rest("POST", "/artifact/v2.0", path + "?append=True", data=line).status_code == 200
    assert rest("GET", "/artifact/v2.0", path).content == b"one\ntwo\n"
