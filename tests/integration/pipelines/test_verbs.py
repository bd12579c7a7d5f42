"""The verbs around a release, against one local workspace; no step runs to its end here.

The tests build on each other, in the order of the file, as a user's first day would.
"""

import json
import re
import shutil
import signal
import subprocess
import sys

import pytest
import yaml

from tests.integration.pipelines.shell import ROOT, Shell, actions

UPLOAD_TWICE = """
import json
from pathlib import Path
from config.settings import load_settings
from pipelines.cli.target import open_target

with open_target(load_settings("local")) as workspace:
    from steps.folders.datastore import upload_folder
    paths = [upload_folder(workspace, Path("data"), "models") for _ in range(2)]
    sizes = {f"{paths[0]}/{name}": size for name, size in workspace.files.sizes(paths[0]).items()}
print(json.dumps([paths, sizes]))
"""


def test_what_is_missing_is_named_with_the_verb_that_makes_it(amlgpu: Shell) -> None:
    (amlgpu.folder / "x.jpg").touch()
    publish, submit, query, key = amlgpu("publish", "submit", "query x.jpg", "key")
    assert (publish.exit_code, submit.exit_code, query.exit_code, key.exit_code) == (7, 7, 7, 7)
    assert "no compute named gpu-compute" in publish.stderr
    assert "amlgpu provision --target local" in publish.stderr
    assert "amlgpu publish --target local" in submit.stderr
    assert "no live service digits" in query.stderr
    assert "no live service digits" in key.stderr
    assert key.stdout == ""


def test_of_what_is_no_run_nothing_is_said_to_go_on(amlgpu: Shell) -> None:
    (followed,) = amlgpu("follow no-such-run")
    assert followed.exit_code == 7
    assert "goes on" not in followed.stdout + followed.stderr


ATTEMPTS = 5
"""On a very busy machine, the step may have found out about the model before the run is canceled."""

ELSEWHERE = "/subscriptions/another-one/resourceGroups/local/providers/Microsoft.ContainerService/managedClusters/aks"


def test_provisioning_again_changes_nothing(amlgpu: Shell) -> None:
    again = "provision --json"
    first, second, other, wider, doctor = amlgpu(
        f"{again} --set cluster.resource_id={ELSEWHERE}",  # as a variable of the environment may say it for Azure
        again,
        f"{again} --set compute.vm_size=Standard_NC24ads_A100_v4",
        f"{again} --dry-run --set compute.max_nodes=2",
        "doctor --json",
    )
    assert actions(first) == [
        "create, 0 to 1 nodes of Standard_NC4as_T4_v3",
        "attach 3 nodes of Standard_NC4as_T4_v3, which are made up",
    ]
    assert {compute["hour"]["most"] for compute in first.value["computes"]} == {0.0}
    assert actions(second) == ["already there", "already there"]
    assert other.exit_code == 7
    assert "gpu-compute has nodes of" in other.stderr
    assert actions(wider) == ["rescale from 0 to 1 nodes to 0 to 2 nodes", "already there"]
    told = {one["check"]: one["outcome"] for one in doctor.value}
    assert told.pop("versions") in ("ok", "warn")
    only_in_azure = ("quota", "steps' roles", "workspace's roles", "base image")
    assert {told.pop(check) for check in only_in_azure} == {"skipped"}
    assert set(told.values()) == {"ok"}


def test_each_publication_becomes_the_default_of_the_same_endpoint(amlgpu: Shell) -> None:
    first, second, status = (one.value for one in amlgpu("publish --json", "publish --json", "status --json"))
    assert (first["endpoint_version"], second["endpoint_version"]) == ("0", "1")
    assert first["url"] == second["url"]
    assert status["endpoint"]["default_version"] == "1"
    assert status["endpoint"]["published"] == second["version"]


def test_a_schedule_is_made_once_follows_the_settings_and_goes(amlgpu: Shell) -> None:
    create, listing, remove = "schedule create", "schedule list --json", "schedule remove --json"
    lines = (create, create, f"{create} --set schedule.interval=2", listing, remove, remove, listing)
    ended = amlgpu(*lines)
    told = [one.stdout.removeprefix("gpu-release-schedule: ").strip() for one in ended]
    assert told[:3] == ["created", "unchanged", "updated"]
    assert "fires while the local workspace is up" in ended[0].stderr
    (listed,) = ended[3].value
    assert (listed["name"], listed["runs"]) == ("gpu-release-schedule", "every 2 Weeks")
    assert [one.value for one in ended[4:6]] == [
        {"schedule": "gpu-release-schedule", "done": done} for done in ("removed", "not there")
    ]
    assert ended[6].value == []


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


def test_a_run_is_submitted_with_a_changed_parameter_and_canceled(amlgpu: Shell, damaged_model: str) -> None:
    for _ in range(ATTEMPTS):
        submitted, canceled, followed, again = amlgpu(
            f"submit --param sample_count=7 --param model={damaged_model} --json",
            "cancel RUN_ID",
            "follow RUN_ID --json",
            "cancel RUN_ID --json",
        )
        if ": Failed" not in canceled.stdout:
            break
    assert "being stopped" in canceled.stdout
    assert followed.exit_code == 1
    assert json.loads(followed.stdout)["status"] == "Canceled"
    assert f"The run {submitted.value['run_id']} ended as Canceled" in followed.stderr
    assert again.value == {"run_id": submitted.value["run_id"], "status": "Canceled"}


def test_a_folder_is_uploaded_under_its_content(damaged_model: str) -> None:
    assert damaged_model.startswith("amlgpu/models/")


def test_interrupting_leaves_the_run_going_and_its_end_has_an_exit_code(amlgpu: Shell, damaged_model: str) -> None:
    words = ["submit", "--param", f"model={damaged_model}", "--wait"]  # watching from the start: the run fails soon
    # Tests that a shell runs in its background inherit that SIGINT is ignored.
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    submit = [sys.executable, "-c", f"{program}from pipelines.cli.main import main; main()", *words]
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
    assert f"ModelError: register_model failed: {damaged_model} can" in ended.stderr


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
    assert unasked.exit_code == 2
    assert "say so with --yes" in unasked.stderr
    assert [removal["kind"] for removal in real.value["removals"]] == kinds
    assert nothing.value["removals"] == []
    live = status.value
    assert live.pop("endpoint")["state"] == "Disabled"
    assert set(live.values()) == {None}


def test_publishing_after_a_teardown_enables_the_endpoint_again(amlgpu: Shell) -> None:
    _, published, status = amlgpu("provision", "publish --json", "status --json")
    assert published.value["endpoint_version"] == "2"
    assert status.value["endpoint"]["state"] == "Active"


@pytest.fixture(scope="module")
def team(amlgpu: Shell) -> str:
    """Options of a folder with a second service, which leaves its names to its file's."""
    for kind in ("targets", "services"):
        shutil.copytree(ROOT / "config" / kind, amlgpu.folder / "team" / kind)
    services = amlgpu.folder / "team" / "services"
    letters = yaml.safe_load((services / "digits.yml").read_text())
    del letters["pipeline"], letters["schedule"]["name"], letters["targets"]["dev"]["service"]["name"]
    (services / "letters.yml").write_text(yaml.safe_dump(letters))
    return "--config team"


def test_a_hint_repeats_the_choices_of_its_run_and_works_when_pasted(amlgpu: Shell, team: str) -> None:
    publish = f"publish --service letters {team} --set compute.name=letters-compute"
    (refused,) = amlgpu(publish)
    hint = re.search("`amlgpu (.*)`", refused.stderr)
    assert hint is not None
    assert hint[1] == f"provision --target local --service letters {team} --set compute.name=letters-compute"
    _, published = amlgpu(hint[1], f"{publish} --json")
    assert published.value["endpoint"] == "letters-release"


def test_all_services_are_shown_and_one_is_removed_without_what_is_shared(amlgpu: Shell, team: str) -> None:
    status, shown, planned, removed, after = amlgpu(
        f"status {team} --json",
        f"status {team}",
        f"plan {team}",
        f"teardown --service letters {team} --yes --json",
        f"status {team} --json",
    )
    assert {name: live["endpoint"]["name"] for name, live in status.value.items()} == {
        "digits": "gpu-release",
        "letters": "letters-release",
    }
    assert [line.strip() for line in shown.stdout.splitlines() if line.strip() in status.value] == ["digits", "letters"]
    kinds = [line.partition(" ")[0] for line in shown.stdout.splitlines()]
    assert (kinds.count("schedule"), kinds.count("compute"), kinds.count("cluster")) == (2, 1, 1)
    assert {live["cluster"]["name"] for live in status.value.values()} == {"gpu-aks"}
    assert (planned.exit_code, "no version of the model digits is registered" in planned.stderr) == (3, True)
    assert [removal["name"] for removal in removed.value["removals"]] == ["letters-release"]
    assert removed.value["stays"] == ["cluster gpu-aks, for digits", "compute gpu-compute, for digits"]
    assert after.value["digits"] == status.value["digits"]
    assert after.value["letters"]["endpoint"]["state"] == "Disabled"


def test_the_last_service_goes_with_what_was_shared(amlgpu: Shell, team: str) -> None:
    last, everything = amlgpu(
        f"teardown --service digits {team} --dry-run --json", f"teardown --all {team} --yes --json"
    )
    kinds = ["endpoint", "cluster", "compute"]
    for ended in (last, everything):
        assert [removal["kind"] for removal in ended.value["removals"]] == kinds
        assert ended.value["stays"] == []
