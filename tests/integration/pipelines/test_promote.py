"""`amlgpu promote`: what dev proved is brought to prod as it was, or not at all."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from config.errors import AmlGpuError, ModelError, TamperedError
from pipelines.cli.main import app
from steps.artifacts.candidate import Candidate
from steps.registration.lineage import PROMOTED_FROM, Lineage, arm_id
from tests.integration.emulator.waiting import Emulator, until
from tests.integration.pipelines.promoting import Dev, settings_of, write_model, write_samples, write_team

if TYPE_CHECKING:
    from azureml.core import Experiment, Run, Workspace
    from azureml.core.compute import AksCompute

    from workspaces.v1.workspace import V1Workspace

Amlgpu = Callable[..., Result]


@pytest.fixture(scope="module")
def team(cluster: AksCompute, compute: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the settings, which is this process's too."""
    folder = write_team(tmp_path_factory.mktemp("team") / "config", compute, cluster.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMLGPU_CONFIG", str(folder))
        yield folder


@pytest.fixture(scope="module")
def dev(port: V1Workspace, team: Path, tmp_path_factory: pytest.TempPathFactory) -> Dev:
    return Dev(port, settings_of(team, "dev"), tmp_path_factory.mktemp("dev"))


@pytest.fixture(scope="module")
def candidate(dev: Dev) -> Candidate:
    """dev's only version."""
    return dev.register(write_model(dev.work / "model"), write_samples(dev.work / "samples"))


@pytest.fixture
def run(experiment: Experiment) -> Iterator[Run]:
    made = experiment.start_logging(snapshot_directory=None, outputs=False)
    yield made
    made.complete()


@pytest.fixture(scope="module")
def published(port: V1Workspace, team: Path) -> None:
    from pipelines.triggers.publish import publish

    publish(port, settings_of(team, "prod"))


@pytest.fixture
def amlgpu(emulator: Emulator, workspace: Workspace, team: Path, monkeypatch: pytest.MonkeyPatch) -> Amlgpu:
    """Typed in this process, which reaches the local workspace already."""
    monkeypatch.setenv("AMLGPU_HOME", str(emulator.folder))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda line: CliRunner().invoke(app, line.split())


def value(ended: Result) -> Any:
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.stdout)


def error_of(ended: Result) -> AmlGpuError:
    assert isinstance(ended.exception, AmlGpuError), ended.output
    return ended.exception


def is_of(path: Path, candidate: Candidate) -> bool:
    """Whether a registered file is of the candidate's version, by the model beside it."""
    from steps.registration.saved_model import content_hash

    return (path.parent / "model").is_dir() and content_hash(path.parent / "model") == candidate.content_hash


def parameters(emulator: Emulator, run_id: str) -> dict[str, str]:
    with closing(sqlite3.connect(emulator.folder / "workspace.db")) as database:
        rows = database.execute("SELECT body FROM documents WHERE kind = 'pipeline run' AND key = ?", [run_id])
        document = json.loads(rows.fetchone()[0])
    return dict(document["ParameterAssignments"])


FROM_DEV = "promote --from dev --target prod"


@pytest.mark.usefixtures("published")
def test_what_the_live_service_of_dev_runs_is_promoted_as_it_was_proven(
    amlgpu: Amlgpu, dev: Dev, candidate: Candidate, run: Run, emulator: Emulator, team: Path, port: V1Workspace
) -> None:
    from steps.register_model import Asked, Origin, find_candidate

    dev.release(run, candidate)
    dev.serve(candidate, run.id)
    before = port.files.sizes("amlgpu")

    planned = value(amlgpu(f"{FROM_DEV} --dry-run --json"))
    told = amlgpu(f"{FROM_DEV} --dry-run").stdout

    assert port.files.sizes("amlgpu") == before
    assert (planned["version"], planned["registered_as"], planned["serves"]) == (1, None, [])
    assert planned["unpublished"] is None
    assert planned["proof"]["run_id"] == run.id
    assert planned["proof"]["verdict"] == {"status": "BLESSED", "passed": 1, "metrics": {"accuracy": 1.0}}
    assert planned["proof"]["content_hash"] == candidate.content_hash
    assert "promoted-dev:1 of dev's workspace local" in told
    assert "not registered yet" in told
    assert "nothing yet" in told

    promoted = value(amlgpu(f"{FROM_DEV} --json"))

    assert promoted.keys() == {"run_id", "version", PROMOTED_FROM}
    assert (promoted["version"], promoted[PROMOTED_FROM]) == (1, planned[PROMOTED_FROM])
    given = parameters(emulator, promoted["run_id"])
    port.runs.cancel(promoted["run_id"])
    until(lambda: port.runs.has_ended(promoted["run_id"]), "the run to end", 60)
    assert given["validation_data"] == candidate.validation_data
    lineage = Lineage.parse(given[PROMOTED_FROM])
    assert (lineage.model, lineage.version, lineage.run_id) == ("promoted-dev", 1, run.id)
    assert given["source"] == f"promoted-dev:1 of local, run {run.id}"

    # What the step does with these parameters.
    prod, origin = settings_of(team, "prod"), Origin("c" * 40, "d" * 12, promoted["run_id"])
    asked = Asked(given["model"], given["validation_data"], given["source"], lineage)
    made = find_candidate(port, prod, asked, origin)
    assert (made.model, made.reused, made.contract) == ("promoted:1", False, candidate.contract)
    assert made.promoted_from == given[PROMOTED_FROM]
    (version,) = port.models.versions("promoted")
    assert version.properties[PROMOTED_FROM] == given[PROMOTED_FROM]
    assert PROMOTED_FROM not in version.tags
    assert value(amlgpu(f"{FROM_DEV} --dry-run --json"))["registered_as"] == "promoted:1"


REFUSED = [
    ({"verdict": {"status": "NOT_BLESSED"}, "deployment": {"forced_reason": "a demo"}}, 4, r"by force \(a demo\)"),
    ({"deployment": {"forced_reason": "a demo"}}, 4, "couldn't have put back what ran before"),
    ({"release": {"queries": ()}}, 5, "no smoke test of it recorded a release"),
    ({"verdict": {"version_hash": None}}, 5, "of before contracts and hashes of versions"),
    ({"verdict": {"version_hash": "f" * 64}}, 12, "its run validated files with ffff"),
    ({"verdict": {"content_hash": "f" * 64}}, 12, "registered promoted-dev:1 and judged promoted-dev:1"),
    ({"deployment": {"model_version": 7}}, 12, "released promoted-dev:7 as promoted-dev"),
    ({"deployment": {"service_name": "cats"}}, 12, "released promoted-dev:1 as cats"),
    ({"candidate": {"validation_data": "my/data"}}, 3, "whose name doesn't tell its content"),
]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("changed", "code", "message"), REFUSED)
def test_what_dev_has_not_proven_is_not_promoted(
    amlgpu: Amlgpu, dev: Dev, candidate: Candidate, run: Run, changed: dict[str, Any], code: int, message: str
) -> None:
    dev.release(run, candidate, **changed)

    refused = error_of(amlgpu(f"{FROM_DEV} --version 1 --dry-run"))

    assert refused.exit_code == code, refused
    assert re.search(message, str(refused))


@pytest.mark.usefixtures("published")
def test_a_run_that_recorded_nothing_is_not_believed(
    amlgpu: Amlgpu, dev: Dev, candidate: Candidate, run: Run, port: V1Workspace
) -> None:
    from steps.registration.versions import RELEASED_BY, mark

    mark(port, candidate.model_name, candidate.model_version, {RELEASED_BY["v1"]: run.id})
    assert "is gone, or recorded nothing" in str(error_of(amlgpu(f"{FROM_DEV} --version 1")))


@pytest.mark.usefixtures("published")
def test_files_that_somebody_changed_are_brought_nowhere(
    amlgpu: Amlgpu, dev: Dev, run: Run, port: V1Workspace, emulator: Emulator, tmp_path: Path
) -> None:
    candidate = dev.register(write_model(tmp_path / "model", by=2.0), write_samples(tmp_path / "samples"))
    dev.release(run, candidate)
    line, before = f"{FROM_DEV} --version {candidate.model_version}", port.files.sizes("amlgpu")
    probe = next(path for path in emulator.folder.rglob("probe") if path.read_bytes() and is_of(path, candidate))
    probe.write_bytes(probe.read_bytes().replace(b"-2.0", b"-9.0"))

    refused = error_of(amlgpu(line))

    assert (refused.exit_code, "somebody changed them" in str(refused)) == (12, True)
    assert port.files.sizes("amlgpu") == before


@pytest.mark.usefixtures("published")
def test_another_contract_than_the_service_file_leads_to_is_refused_with_both(
    amlgpu: Amlgpu, dev: Dev, candidate: Candidate, run: Run
) -> None:
    dev.release(run, candidate)

    refused = error_of(amlgpu("promote --from dev --target other --version 1"))

    assert refused.exit_code == 3
    assert "task.threshold 0.6 was proven, 0.7 is what other's settings say" in str(refused)


def test_where_nothing_or_a_pipeline_of_before_is_published_publishing_is_the_way_out(
    amlgpu: Amlgpu, dev: Dev, candidate: Candidate, run: Run, port: V1Workspace, team: Path
) -> None:
    from pipelines.definition import define_pipeline

    dev.release(run, candidate)
    line, prod = "promote --from dev --target again --version 1", settings_of(team, "again")

    planned = value(amlgpu(f"{line} --dry-run --json"))  # the workflow shows it, and publishes then
    assert planned["version"] == 1
    assert "Publish with `amlgpu publish --target again" in planned["unpublished"]
    assert re.search(r"^publish first +Nothing is published", amlgpu(f"{line} --dry-run").stdout, re.MULTILINE)
    assert "Publish with `amlgpu publish --target again" in str(error_of(amlgpu(line)))

    definition = define_pipeline(port, prod)
    steps = tuple(replace(one, parameters=tuple(set(one.parameters) - {PROMOTED_FROM})) for one in definition.steps)
    given = {name: value for name, value in definition.parameters.items() if name != PROMOTED_FROM}
    before = port.pipelines.publish(replace(definition, steps=steps, parameters=given), "before", "for a test", "1")
    port.pipelines.make_default(before, prod.pipeline.endpoint, "for a test")

    refused = error_of(amlgpu(line))
    assert (refused.exit_code, "no parameter promoted_from. Publish it again" in str(refused)) == (7, True)


def test_a_lineage_is_of_its_own_content_and_contract_alone(
    port: V1Workspace, dev: Dev, candidate: Candidate, tmp_path: Path
) -> None:
    from steps.folders.datastore import upload_folder
    from steps.register_model import Asked, Origin, find_candidate
    from steps.registration.promoted import CONTRACTS, contract_folder

    assert candidate.contract is not None
    other = upload_folder(port, write_model(tmp_path / "other", by=3.0), "models")
    contract = upload_folder(port, contract_folder(candidate.contract, tmp_path / "contract"), CONTRACTS)
    lineage = Lineage(arm_id(dev.settings.workspace), "m", 4, "run", candidate.content_hash, contract.split("/")[2])
    origin, count = Origin("c" * 40, "d" * 12, "run-2"), len(port.models.versions("promoted-dev"))

    for model, claimed, message in (
        (other, lineage, "it isn't that version"),
        ("1", replace(lineage, content_hash="f" * 64), "it isn't that version"),
        ("1", replace(lineage, contract_hash="f" * 64), "no such folder|not there"),
    ):
        with pytest.raises((TamperedError, ModelError), match=message):
            find_candidate(port, dev.settings, Asked(model, candidate.validation_data, "-", claimed), origin)
    assert len(port.models.versions("promoted-dev")) == count

    found = find_candidate(port, dev.settings, Asked("1", candidate.validation_data, "-", lineage), origin)
    assert (found.model, found.reused, found.promoted_from) == ("promoted-dev:1", True, lineage.line)
