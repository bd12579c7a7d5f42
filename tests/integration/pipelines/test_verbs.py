"""The verbs around a release, against one local workspace; no step runs to its end here.

The tests build on each other, in the order of the file, as a user's first day would.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any, NamedTuple

import pytest
import yaml

from pipelines.infrastructure.az_commands import DEVICE_PLUGIN

ROOT = Path(__file__).parents[3]

# Several command lines in one process: importing the SDK takes longer than most verbs do.
# RUN_ID stands for the last run that was submitted.
SESSION = """
import gc, io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from pipelines.cli.main import main

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
gc.freeze()  # as amlgpu.py does: a quicker end
"""
UPLOAD_TWICE = """
import json
from pathlib import Path
from config.settings import load_settings
from pipelines.cli.target import open_target

with open_target(load_settings("local")) as workspace:
    from steps.datastore import upload_folder
    paths = [upload_folder(workspace, Path("data"), "models") for _ in range(2)]
    sizes = {f"{paths[0]}/{name}": size for name, size in workspace.files.sizes(paths[0]).items()}
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

    def local(self, *words: str) -> None:
        command = [str(Path(sys.executable).with_name("amlgpu")), "local", *words]
        subprocess.run(command, cwd=self.folder, env=self.environ, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def amlgpu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    shell = Shell(tmp_path_factory.mktemp("workspace"))
    shell.local("up")
    yield shell
    shell.local("down")


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


CLUSTER_ID = "/subscriptions/{}/resourceGroups/local/providers/Microsoft.ContainerService/managedClusters/aks"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
DEV = (
    "--target dev --set workspace.resource_group=local --set workspace.name=local --set model.name=digits "
    f"--set cluster.resource_id={CLUSTER_ID.format(SUBSCRIPTION)}"
)


@pytest.fixture(scope="module")
def as_azure(amlgpu: Shell) -> Shell:
    """The same workspace for a target that isn't local: where a compute costs money."""
    variables = amlgpu.python("import json; from pipelines import local; print(local.emulator('env', '--json'))")
    subscription = {"AMLGPU_WORKSPACE__SUBSCRIPTION_ID": SUBSCRIPTION}
    shell = Shell(amlgpu.folder)
    shell.environ = amlgpu.environ | variables | subscription
    return shell


def typed(shell: Shell, line: str, answer: str) -> Ended:
    """One command line with a terminal to ask, and what is typed there."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", "from pipelines.cli.main import main; main()", *line.split()]
    with subprocess.Popen(
        command, cwd=shell.folder, env=shell.environ, stdin=theirs, stdout=PIPE, stderr=PIPE, text=True
    ) as asking:
        os.write(ours, f"{answer}\n".encode())
        out, err = asking.communicate()
    os.close(ours)
    os.close(theirs)
    return Ended(asking.returncode, out, err)


def test_a_cluster_has_to_be_named_and_made_before_it_is_attached(as_azure: Shell, amlgpu: Shell) -> None:
    """What it would cost is said first: it is the dearest thing that there is."""
    placeholder = f"{DEV} --set cluster.resource_id={CLUSTER_ID.format('0' * 8 + '-0000-0000-0000-' + '0' * 12)}"
    unnamed, missing, as_json = as_azure(
        f"provision {placeholder} --dry-run", f"provision {DEV} --yes", f"provision {DEV} --json"
    )
    assert (unnamed.exit_code, missing.exit_code, as_json.exit_code) == (2, 7, 7)
    assert "cluster.resource_id=/subscriptions/00000000-" in unnamed.stderr
    assert "is a placeholder: write the ARM id of your AKS cluster there" in unnamed.stderr
    assert "1.05 USD" in missing.stdout
    where = f"--subscription {SUBSCRIPTION} --resource-group local --name aks"
    nodes = "--node-vm-size Standard_NC4as_T4_v3 --node-count 2"
    assert [line.strip() for line in missing.stderr.splitlines() if line.startswith("  ")] == [
        f"az aks create {where} {nodes} --load-balancer-sku standard --enable-managed-identity --generate-ssh-keys",
        f"az aks get-credentials {where}",
        f"kubectl apply -f {DEVICE_PLUGIN}",
    ]
    compute, cluster = json.loads(as_json.stdout)["computes"]
    assert compute["refusal"] is None
    assert missing.stderr.endswith(f"WorkspaceError: {cluster['refusal']}\n")
    (nothing,) = as_azure(f"status {DEV} --json")
    assert nothing.value["compute"] is None, "nothing is made as long as something is in the way"

    amlgpu.local("cluster", "aks", "--nodes", "1")
    (small,) = as_azure(f"provision {DEV} --yes")
    assert "- it has 1 of the 2 nodes of Standard_NC4as_T4_v3 that cluster.nodes says:" in small.stderr
    assert "az aks nodepool scale" in small.stderr
    amlgpu.local("cluster", "aks", "--nodes", "3")


def test_what_costs_money_is_said_and_made_only_on_a_yes(as_azure: Shell) -> None:
    dry_run, unasked, as_json = as_azure(
        f"provision {DEV} --dry-run --json", f"provision {DEV}", f"provision {DEV} --json"
    )
    compute, cluster = dry_run.value["computes"]
    assert (compute["action"], cluster["action"]) == (
        "create, 0 to 1 nodes of Standard_NC4as_T4_v3",
        "attach aks, which bills already",
    )
    assert cluster["notes"] == ["The cluster has 3 nodes, cluster.nodes is 2: the cost above is of these."]
    assert (compute["hour"]["least"], compute["hour"]["most"]) == (0.0, 0.526)
    assert (cluster["hour"]["most"], cluster["hour"]["currency"]) == (1.052, "USD")
    assert (unasked.exit_code, as_json.exit_code) == (2, 2)
    assert "1.05 USD" in unasked.stdout
    assert "say so with --yes" in unasked.stderr
    assert "Prices are EXAMPLES" in unasked.stderr
    assert "called over http: keys and requests travel unencrypted" in unasked.stderr

    no = typed(as_azure, f"provision {DEV}", "n")
    assert no.exit_code == 1
    assert "Make these in local?" in no.stderr
    (nothing,) = as_azure(f"status {DEV} --json")
    assert nothing.value["compute"] is nothing.value["cluster"] is None

    own = f"{DEV} --set compute.name=dev-compute --set cluster.name=dev-aks"
    yes = typed(as_azure, f"provision {own}", "y")
    assert "compute dev-compute: done" in yes.stderr
    again, removed = as_azure(f"provision {own} --json", f"teardown {own} --yes --json")
    assert actions(again) == ["already there", "already there"]
    assert [removal["name"] for removal in removed.value["removals"]] == ["dev-aks", "dev-compute"]


def test_a_size_without_a_price_is_of_unknown_price_and_a_retired_one_is_refused(as_azure: Shell) -> None:
    unlisted, retired = as_azure(
        f"provision {DEV} --dry-run --set cluster.vm_size=Standard_NC40ads_H100_v5",
        f"provision {DEV} --dry-run --set cluster.vm_size=Standard_NC6s_v3",
    )
    assert "unknown" in unlisted.stdout
    assert (
        "No price of Standard_NC40ads_H100_v5 is known: write one below per_hour in config/prices.yml"
        in unlisted.stderr
    )
    assert retired.exit_code == 2
    assert "the NCv3 series (V100) is retired" in retired.stderr


def test_provisioning_again_changes_nothing(amlgpu: Shell) -> None:
    again, elsewhere = "provision --json", CLUSTER_ID.format("another-one")
    first, second, other, wider, doctor = amlgpu(
        f"{again} --set cluster.resource_id={elsewhere}",  # as a variable of the environment may say it for Azure
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
    assert told.pop("base image") == "skipped"
    assert set(told.values()) == {"ok"}


def actions(ended: Ended) -> list[str]:
    return [compute["action"] for compute in ended.value["computes"]]


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
    submitted, canceled, followed, again = amlgpu(
        f"submit --param sample_count=7 --param model={damaged_model} --json",
        "cancel RUN_ID",
        "follow RUN_ID --json",
        "cancel RUN_ID --json",
    )
    assert "being stopped" in canceled.stdout
    assert followed.exit_code == 1
    assert json.loads(followed.stdout)["status"] == "Canceled"
    assert f"The run {submitted.value['run_id']} ended as Canceled" in followed.stderr
    assert again.value == {"run_id": submitted.value["run_id"], "status": "Canceled"}


def test_a_plan_says_what_the_computes_that_it_would_use_cost(as_azure: Shell, damaged_model: str) -> None:
    assert damaged_model  # its folder is there to be planned with
    shown, unknown, as_json = as_azure(
        f"plan {DEV} --model data",
        f"plan {DEV} --model data --set cluster.vm_size=Standard_NC40ads_H100_v5",
        f"plan {DEV} --model data --json",
    )
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert "cluster gpu-aks 2 nodes of Standard_NC4as_T4_v3 1.05 USD" in lines
    assert "compute gpu-compute 0 to 1 nodes of Standard_NC4as_T4_v3 0.00 to 0.53 USD" in lines
    assert (
        "Prices are EXAMPLES (eastus, 2026-11-24), yours may differ: write yours into config/prices.yml" in shown.stdout
    )
    assert "No price of Standard_NC40ads_H100_v5 is known: write one below per_hour in" in unknown.stdout
    assert (shown.exit_code, as_json.exit_code) == (3, 3)
    costs = json.loads(as_json.stdout)["costs"]
    assert [compute["hour"]["most"] for compute in costs["computes"]] == [0.526, 1.052]
    assert costs["prices"] == {"as_of": "2026-11-24", "region": "eastus", "example": True}


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


def test_detaching_a_cluster_is_said_to_leave_it_billing_with_the_commands_that_end_that(as_azure: Shell) -> None:
    """Of the cluster that is attached, whatever the settings say by now."""
    (ended,) = as_azure(f"teardown {DEV} --dry-run --json")
    assert {removal["kind"]: removal["hour"] and removal["hour"]["most"] for removal in ended.value["removals"]} == {
        "endpoint": None,
        "cluster": 1.052,
        "compute": 0.526,
    }
    (detach,) = (removal for removal in ended.value["removals"] if removal["kind"] == "cluster")
    assert detach["action"] == "detach; the AKS cluster itself stays"
    where = f"--subscription {SUBSCRIPTION} --resource-group local --name gpu-aks"
    assert ended.value["still_bills"][0].endswith(f"az aks delete {where}")
    assert ended.value["to_attach_again"][0] == f"az aks get-credentials {where}"
    assert "kubectl delete --ignore-not-found serviceaccount/azureml-fe " in ended.value["to_attach_again"][1]
    for line in (f"az aks delete {where}", *ended.value["to_attach_again"], "storage account"):
        assert line in ended.stderr


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
