"""From a SavedModel to a live service, through the command line; what bad candidates and kills do to it."""

import csv
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from config.errors import ModelError, NotBlessedError
from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine
from tests.e2e.support.answers import labels, right_answers
from tests.e2e.support.kills import Kills, kill_and_go_on

STEPS = ["register_model", "validate_model", "deploy_service", "smoke_test"]

pytestmark = pytest.mark.slow

REPLICAS = 1


def test_release_completes_its_four_steps(machine: Machine, release: dict[str, Any]) -> None:
    assert [(step["name"], step["status"]) for step in release["steps"]] == [(name, "Completed") for name in STEPS]
    assert release["verdict"]["status"] == "BLESSED"
    assert release["deployment"]["action"] == "created"
    assert release["deployment"]["replicas"] == 1
    assert {query["name"] for query in release["release"]["queries"] if query["passed"]} >= {
        "answers",
        "model_version",
        "key_required",
        "get_refused",
        "broken_request_refused",
    }


def test_service_answers_with_the_right_digit(machine: Machine, release: dict[str, Any], sample: Sample) -> None:
    """The workspace was stopped, and started again, since the release."""
    assert right_answers(machine, sample, count=10) >= 9


def test_files_that_are_answered_are_shown_and_the_others_listed(
    machine: Machine, release: dict[str, Any], sample: Sample, tmp_path: Path
) -> None:
    good, broken = next(sample.validation.glob("*.jpg")), tmp_path / "broken.jpg"
    broken.write_bytes(b"no image")
    (tmp_path / "row.json").write_text("{")
    files = (broken, tmp_path / "row.json", good, tmp_path / "missing.jpg")

    shown, as_json = machine.amlgpu("query", *files), machine.amlgpu("query", *files, "--json")

    assert (shown.returncode, as_json.returncode) == (1, 1)
    assert good.name in shown.stdout
    assert "3 of 4 files weren't answered:" in shown.stderr
    assert f"{broken}: the service's answer was 415: " in shown.stderr
    assert f"{tmp_path}/row.json: not what its name says" in shown.stderr
    assert f"{tmp_path}/missing.jpg: can't be read: No such file or directory" in shown.stderr
    answers = json.loads(as_json.stdout)
    assert [answer["file"] for answer in answers] == list(map(str, files))
    assert ["error" in answer for answer in answers] == [True, True, False, True]
    assert answers[2]["model"] == "digits:1"


@pytest.mark.soak  # test_verdicts.py has a worse one refused
def test_candidate_that_answers_wrongly_is_refused_and_the_old_service_goes_on(
    machine: Machine, release: dict[str, Any], sample: Sample, tmp_path: Path
) -> None:
    before = machine.json("status")["service"]

    refused = machine.amlgpu(
        "run", "--model", sample.model, "--validation-data", mislabelled(sample.validation, tmp_path)
    )

    assert refused.returncode == NotBlessedError.exit_code
    assert "NOT_BLESSED" in refused.stdout
    assert "accuracy_floor" in refused.stdout + refused.stderr
    assert "Traceback" not in refused.stdout + refused.stderr
    assert machine.json("status")["service"] == before
    assert right_answers(machine, sample, count=3) == 3


def test_broken_saved_model_is_refused_before_it_is_registered(
    machine: Machine, release: dict[str, Any], sample: Sample, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(sample.model, broken)
    saved_model = broken / "saved_model.pb"
    saved_model.write_bytes(saved_model.read_bytes()[: saved_model.stat().st_size // 2])

    refused = machine.amlgpu("run", "--model", broken, "--validation-data", sample.validation)

    assert refused.returncode == ModelError.exit_code
    assert "Traceback" not in refused.stdout + refused.stderr
    assert machine.json("status")["service"]["tags"]["model_version"] == str(release["candidate"]["model_version"])
    assert right_answers(machine, sample, count=3) == 3


def test_requests_were_made_by_the_real_sdk_and_none_left_loopback(machine: Machine, release: dict[str, Any]) -> None:
    agents = " ".join({request["user_agent"] for request in machine.requests()})
    assert "azureml-sdk-core/1.61.0" in agents
    assert "azsdk-python-storage-blob" in agents

    kinds = {"amlgpu", "__main__.py", "launcher.py", "template.py", "azmlinfsrv"}
    assert kinds <= machine.programs(), "not all processes have the audit hook"
    hosts = machine.hosts()
    assert "127.0.0.1" in hosts, "the audit hook saw nothing"
    assert hosts <= {"127.0.0.1", "localhost", "::1", "None"}


def test_a_runs_token_is_used_where_azure_takes_it(machine: Machine, release: dict[str, Any]) -> None:
    """Of computes it is recorded that Azure refuses one, of services nothing is."""
    asked = [request for request in machine.requests() if request["token"]]
    assert not [request for request in asked if request["status"] == 401]
    kinds = {
        part: {request["token"] for request in asked if part in request["path"]}
        for part in ("/history/", "/artifact/", "/modelmanagement/v1.0/", "/services/", "/computes/")
    }
    assert kinds["/history/"] == kinds["/artifact/"] == kinds["/modelmanagement/v1.0/"] == {"run", "identity"}
    assert kinds["/services/"] == kinds["/computes/"] == {"identity"}


@pytest.mark.soak  # tests/integration/steps/test_interrupted_releases.py ends steps at each point, and is quicker
@pytest.mark.timeout(1200)  # three releases in one test, or more
def test_a_killed_release_is_finished_by_running_again(
    machine: Machine, release: dict[str, Any], sample: Sample, tmp_path: Path
) -> None:
    kill_and_go_on(machine, release, sample, tmp_path, Kills(1, int(os.environ.get("AMLGPU_SEED", "20"))))


def mislabelled(validation: Path, folder: Path) -> Path:
    """The same images, each with the label of another digit."""
    wrong = folder / "mislabelled"
    shutil.copytree(validation, wrong)
    rows = labels(validation)
    with (wrong / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "label"])
        writer.writerows([name, (label + 1) % 10] for name, label in rows.items())
    return wrong
