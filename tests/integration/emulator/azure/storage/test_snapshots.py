"""The source folder of a step, as the step sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
import requests

if TYPE_CHECKING:
    from azureml.core import Experiment
    from azureml.pipeline.core import PipelineRun, StepRun

Rest = Callable[..., requests.Response]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]
LIST = """
import json, pathlib
files = {path.as_posix(): path.read_bytes().hex() for path in pathlib.Path(".").rglob("*") if path.is_file()}
pathlib.Path("outputs").mkdir(exist_ok=True)
pathlib.Path("outputs/files.json").write_text(json.dumps(files))
"""


def listed(run: StepRun, folder: Path) -> dict[str, str]:
    run.download_file("outputs/files.json", str(folder / "files.json"))
    files: dict[str, str] = json.loads((folder / "files.json").read_text())
    return files


def test_files_are_restored(
    make_step: Callable[..., Any], submit: Callable[..., PipelineRun], finish: Finish, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    (source / "config").mkdir(parents=True)
    (source / "config" / "local.yml").write_bytes(b"a: 1\r\n")
    (source / "weights.bin").write_bytes(bytes(range(256)))
    (source / ".amlignore").write_text("sample/\n*.log\n")
    (source / "sample").mkdir()
    (source / "sample" / "digit.jpg").touch()
    (source / "noise.log").touch()
    steps = finish(submit(make_step("list", LIST)))
    assert listed(steps["list"], tmp_path) == {
        ".amlignore": b"sample/\n*.log\n".hex(),
        "config/local.yml": b"a: 1\r\n".hex(),
        "list.py": LIST.encode().hex(),
        "weights.bin": bytes(range(256)).hex(),
    }


def test_changed_and_removed_files(
    make_step: Callable[..., Any], submit: Callable[..., PipelineRun], finish: Finish, tmp_path: Path
) -> None:
    """The second snapshot of a folder builds on the first."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "kept.txt").write_text("kept")
    (source / "changed.txt").write_text("before")
    (source / "removed.txt").write_text("removed")
    finish(submit(make_step("list", LIST)))
    (source / "changed.txt").write_text("after")
    (source / "removed.txt").unlink()
    found = listed(finish(submit(make_step("list", LIST)))["list"], tmp_path)
    texts = {name: bytes.fromhex(content).decode() for name, content in found.items() if name.endswith(".txt")}
    assert texts == {"kept.txt": "kept", "changed.txt": "after"}


def test_file_that_was_not_uploaded(rest: Rest) -> None:
    tree = {"Children": {"a.py": {"Type": "File"}}}
    body = {"DirTreeNode": tree, "FileRevisionList": {"FileNodes": []}}
    refused = rest("POST", "/content/v2.0", "/snapshots/s1", json=body)
    assert refused.status_code == 400
    assert "snapshot s1 lacks a.py" in refused.json()["error"]["message"]


@pytest.mark.parametrize("name", ["../evil.py", "a/../../evil.py"])
def test_file_that_leaves_the_folder(rest: Rest, name: str) -> None:
    assert rest("POST", "/content/v2.0", "/snapshots/getblob", json={"FileNames": [name]}).status_code == 400
    node = {"FullName": name, "BlobUri": "http://127.0.0.1/azureml/snapshots/x/a.py"}
    tree = {"Children": {name: {"Type": "File"}}}
    body = {"DirTreeNode": tree, "FileRevisionList": {"FileNodes": [node]}}
    refused = rest("POST", "/content/v2.0", "/snapshots/s2", json=body)
    assert refused.status_code == 400
    assert "FullName must be a path without '..'" in refused.json()["error"]["message"]


def test_snapshot_of_a_run_there_and_back(experiment: Experiment, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "lib").mkdir(parents=True)
    (source / "train.py").write_text("print('größe')")
    (source / "lib" / "weights.bin").write_bytes(bytes(range(256)))
    run = experiment.start_logging(snapshot_directory=str(source), outputs=False)
    with ZipFile(run.restore_snapshot(path=str(tmp_path))) as restored:
        found = {name: restored.read(name) for name in restored.namelist()}
    assert found == {"train.py": "print('größe')".encode(), "lib/weights.bin": bytes(range(256))}
    run.complete()
