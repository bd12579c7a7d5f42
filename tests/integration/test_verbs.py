"""The verbs around a release, against one local workspace; no step runs to its end here.

The tests build on each other, in the order of the file, as a user's first day would.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]

# Several command lines in one process: importing the SDK takes longer than most verbs do.
# RUN_ID stands for the last run that was submitted.
SESSION = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from pipelines.cli import main

ended, run_id = [], ""
for line in json.loads(sys.argv[1]):
    sys.argv = ["amlgpu", *(run_id if word == "RUN_ID" else word for word in line)]
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as exit:
            code = exit.code or 0
    ended.append([code, out.getvalue(), err.getvalue()])
    if line[0] == "submit" and code == 0:
        run_id = json.loads(out.getvalue())["run_id"]
print(json.dumps(ended))
"""
UPLOAD_TWICE = """
import json
from pathlib import Path
from config.settings import load_settings
from pipelines.target import open_target

with open_target(load_settings("local")) as workspace:
    from pipelines.upload import upload_folder
    paths = [upload_folder(workspace, Path("data"), "models") for _ in range(2)]
    datastore = workspace.get_default_datastore()
    blobs = datastore.blob_service.get_container_client(datastore.container_name)
    sizes = {blob.name: blob.size for blob in blobs.list_blobs(name_starts_with=paths[0])}
print(json.dumps([paths, sizes]))
"""


class Ended(NamedTuple):
    """How one command line ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def value(self) -> Any:
        """What a command with --json printed."""
        assert self.exit_code == 0, self.stderr
        return json.loads(self.stdout)


class Shell:
    """Runs `amlgpu` in a folder of its own, which is its home and holds its local workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {key: value for key, value in os.environ.items() if not key.startswith("AMLGPU_")}
        self.environ |= {"HOME": str(folder), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}

    def __call__(self, *lines: str) -> list[Ended]:
        ended: list[list[Any]] = self.python(SESSION, json.dumps([line.split() for line in lines]))
        return [Ended(*one) for one in ended]

    def python(self, script: str, *words: str) -> Any:
        command = [sys.executable, "-c", script, *words]
        ended = subprocess.run(command, cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    def local(self, verb: str) -> None:
        command = [sys.executable, "-m", "emulator", verb]
        subprocess.run(command, cwd=self.folder, env=self.environ, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def amlgpu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    shell = Shell(tmp_path_factory.mktemp("workspace"))
    shell.local("up")
    yield shell
    shell.local("down")


def test_what_is_missing_is_named_with_the_verb_that_makes_it(amlgpu: Shell) -> None:
    (amlgpu.folder / "x.jpg").touch()
    publish, submit, query = amlgpu("publish", "submit", "query x.jpg")
    assert (publish.exit_code, submit.exit_code, query.exit_code) == (7, 7, 7)
    assert "no compute named gpu-compute" in publish.stderr
    assert "amlgpu provision --target local" in publish.stderr
    assert "amlgpu publish --target local" in submit.stderr
    assert "no live service digits" in query.stderr


def test_provisioning_again_changes_nothing(amlgpu: Shell) -> None:
    again = "provision --json"
    first, second, other = amlgpu(again, again, f"{again} --set compute.vm_size=Standard_NC24ads_A100_v4")
    assert first.value == {
        "gpu-compute": "created, Standard_NC4as_T4_v3, 0 to 1 nodes",
        "gpu-aks": "created, 3 x Standard_NC4as_T4_v3",
    }
    assert second.value == {"gpu-compute": "already there", "gpu-aks": "already there"}
    assert other.exit_code == 7
    assert "gpu-compute has nodes of" in other.stderr


def test_each_publication_becomes_the_default_of_the_same_endpoint(amlgpu: Shell) -> None:
    first, second, status = (one.value for one in amlgpu("publish --json", "publish --json", "status --json"))
    assert (first["endpoint_version"], second["endpoint_version"]) == ("0", "1")
    assert first["url"] == second["url"]
    assert status["endpoint"]["default_version"] == "1"
    assert status["endpoint"]["published"] == second["version"]


def test_a_schedule_is_made_once_follows_the_settings_and_goes(amlgpu: Shell) -> None:
    create, listing, remove = "schedule create", "schedule list --json", "schedule remove"
    lines = (create, create, f"{create} --set schedule.interval=2", listing, remove, remove, listing)
    ended = amlgpu(*lines)
    told = [one.stdout.removeprefix("gpu-release-schedule: ").strip() for one in ended]
    assert told[:3] == ["created", "unchanged", "updated"]
    assert "fires while the local workspace is up" in ended[0].stderr
    (listed,) = ended[3].value
    assert (listed["name"], listed["runs"]) == ("gpu-release-schedule", "every 2 Weeks")
    assert told[4:6] == ["removed", "not there"]
    assert ended[6].value == []


def test_a_run_is_submitted_with_a_changed_parameter_and_canceled(amlgpu: Shell) -> None:
    submitted, canceled, followed, again = amlgpu(
        "submit --param sample_count=7 --json", "cancel RUN_ID", "follow RUN_ID --json", "cancel RUN_ID"
    )
    assert "being stopped" in canceled.stdout
    assert followed.exit_code == 1
    assert json.loads(followed.stdout)["status"] == "Canceled"
    assert f"The run {submitted.value['run_id']} ended as Canceled" in followed.stderr
    assert "Canceled" in again.stdout


@pytest.fixture(scope="module")
def damaged_model(amlgpu: Shell) -> str:
    """Datastore path of a folder that looks like a SavedModel; TensorFlow takes seconds to find out."""
    (amlgpu.folder / "data" / "variables").mkdir(parents=True)
    (amlgpu.folder / "data" / "variables" / "empty").touch()
    (amlgpu.folder / "data" / "saved_model.pb").write_bytes(b"x" * 1000)
    (first, second), sizes = amlgpu.python(UPLOAD_TWICE)
    assert first == second
    assert sizes == {f"{first}/saved_model.pb": 1000, f"{first}/variables/empty": 0}
    return str(first)


def test_a_folder_is_uploaded_under_its_content(damaged_model: str) -> None:
    assert damaged_model.startswith("amlgpu/models/")


def test_interrupting_leaves_the_run_going_and_its_end_has_an_exit_code(amlgpu: Shell, damaged_model: str) -> None:
    words = ["submit", "--param", f"model={damaged_model}", "--wait"]  # watching from the start: the run fails soon
    # Tests that a shell runs in its background inherit that SIGINT is ignored.
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    submit = [sys.executable, "-c", f"{program}from pipelines.cli import main; main()", *words]
    watching = subprocess.Popen(submit, cwd=amlgpu.folder, env=amlgpu.environ, stdout=subprocess.PIPE, text=True)
    assert watching.stdout is not None
    found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", watching.stdout.readline())
    assert found is not None
    run_id = found[0]
    watching.send_signal(signal.SIGINT)
    said, _ = watching.communicate()
    assert watching.returncode == 130
    assert f" cancel {run_id} --target local" in said

    (ended,) = amlgpu(f"follow {run_id}")
    assert ended.exit_code == 3
    assert "register_model: Failed" in ended.stdout
    assert "ModelError: register_model failed: --model amlgpu/models/" in ended.stderr


def test_a_model_that_plainly_is_none_never_leaves_this_machine(amlgpu: Shell) -> None:
    (amlgpu.folder / "nothing").mkdir()
    folder, word = amlgpu("run --model nothing", "run --model newest")
    assert folder.exit_code == 3
    assert "no saved_model.pb in it" in folder.stderr
    assert word.exit_code == 2
    assert "neither a folder here" in word.stderr


def test_teardown_says_first_then_removes_then_finds_nothing(amlgpu: Shell) -> None:
    dry_run, unasked, real, nothing, status = amlgpu(
        "teardown --dry-run --json", "teardown", "teardown --yes --json", "teardown --yes --json", "status --json"
    )
    kinds = ["endpoint", "cluster", "compute"]
    assert [removal["kind"] for removal in dry_run.value["removals"]] == kinds
    assert unasked.exit_code == 1
    assert [removal["kind"] for removal in real.value["removals"]] == kinds
    assert nothing.value["removals"] == []
    live = status.value
    assert live.pop("endpoint")["state"] == "Disabled"
    assert set(live.values()) == {None}


def test_publishing_after_a_teardown_enables_the_endpoint_again(amlgpu: Shell) -> None:
    _, published, status = amlgpu("provision", "publish --json", "status --json")
    assert published.value["endpoint_version"] == "2"
    assert status.value["endpoint"]["state"] == "Active"
