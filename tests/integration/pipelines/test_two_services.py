"""Two services of one folder on one cluster: whatever a verb does to the one, nothing of the other's changes.

The whole store of the local workspace is compared, before and after each verb. What serves is the echo, so that no
verb waits for TensorFlow; the pipelines that are published are the project's own.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from config.errors import RollbackError
from config.settings import Settings, load_all_settings
from tests.integration.emulator.waiting import Emulator, until
from tests.integration.steps.releasing import TAGS, candidate_of, deploy, plan_of
from workspaces.environments import Environment
from workspaces.services import Revision

if TYPE_CHECKING:
    from azureml.core.compute import AksCompute
    from azureml.pipeline.core import PipelineRun
    from azureml.pipeline.steps import PythonScriptStep

    from workspaces.v1.workspace import V1Workspace

WHERE = """
workspace: {{local: true, subscription_id: s, resource_group: g, name: local}}
compute: {{name: {compute}, vm_size: Standard_D2_v3}}
cluster: {{name: {cluster}, vm_size: Standard_NC4as_T4_v3, nodes: 4, purpose: FastProd}}
"""
WHAT = """
service: {enable_gpu: true, gpu_cores: 1, cpu_cores: 0.1, memory_gb: 0.5, replicas: 1, lease_wait_seconds: 0}
validation: {require_gpu: false}
"""
KEEP = """
from pathlib import Path
for name, text in {files!r}.items():
    path = Path("outputs") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
"""


@pytest.fixture
def both(
    cluster: AksCompute, compute: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Settings, Settings]:
    """The settings of cats and dogs, which leave all their names to those of their files."""
    folder = tmp_path / "team"
    for kind, name, text in (
        ("targets", "here", WHERE.format(compute=compute, cluster=cluster.name)),
        ("services", "cats", WHAT),
        ("services", "dogs", WHAT),
    ):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        (folder / kind / f"{name}.yml").write_text(text)
    monkeypatch.setenv("AMLGPU_CONFIG", str(folder))
    monkeypatch.setenv("AMLGPU_HOME", str(tmp_path / "home"))
    cats, dogs = load_all_settings()
    return cats, dogs


@dataclass
class Release:
    """Deploys version after version of a service; the run of the first has kept what a rollback needs."""

    port: V1Workspace
    settings: Settings
    folder: Path
    kept_by: Callable[[dict[str, str]], str]
    versions: int = field(default=0)

    def __call__(self) -> None:
        from steps.rollout.lease import Lease

        name = self.settings.service.name
        self.versions += 1
        revision = self._revision(f"{name} {self.versions}")
        candidate = candidate_of(revision.model, "run")
        artifacts = (candidate, plan_of(candidate, self.settings))
        kept = {one.file_name: one.model_dump_json() for one in artifacts}
        score = "scoring/score.py"
        run_id = self.kept_by(kept | {f"source/{score}": (self.folder / score).read_text()})
        deploy(self.port, self.settings, revision, run_id)
        if self.versions == 1:
            Lease.acquire(self.port, name, run_id, self.settings.service).release(proven=True)

    def _revision(self, content: str) -> Revision:
        model = self.folder / "model"
        model.mkdir(parents=True, exist_ok=True)
        (model / "content.txt").write_text(content)
        version = self.port.models.register(self.settings.model.name, model, {})
        (self.folder / "scoring").mkdir(exist_ok=True)
        shutil.copy(Path(__file__).parents[1] / "echo_score.py", self.folder / "scoring" / "score.py")
        plain = Environment("echo", "FROM python\n", "dependencies: [python=3.11]\n", {"ECHO_GREETING": "hello"})
        environment = self.port.environments.register(plain)
        return Revision(version, environment, self.folder, "scoring/score.py", TAGS)


@pytest.fixture
def kept_by(
    make_step: Callable[..., PythonScriptStep], submit: Callable[..., PipelineRun], finish: Callable[..., object]
) -> Callable[[dict[str, str]], str]:
    """The id of a pipeline run whose steps have kept files in their outputs, as a release's do."""

    def keep(files: dict[str, str]) -> str:
        source = KEEP.format(files=files)
        run = submit(*(make_step(name, source) for name in ("register_model", "deploy_service")))
        finish(run)
        return str(run.id)

    return keep


@dataclass(frozen=True)
class Snapshot:
    """All that there is, at one moment."""

    documents: dict[tuple[str, str], str]
    lease: object
    """The file that says whose turn it is at cats."""
    process: int | None
    """Which one answers for cats: it hasn't been started again."""


def snapshot(port: V1Workspace, emulator: Emulator) -> Snapshot:
    with closing(sqlite3.connect(emulator.folder / "workspace.db")) as database:
        rows = database.execute("SELECT kind, key, body FROM documents").fetchall()
    state = port.services.find("cats")
    process = None
    if state:
        key, _ = port.services.keys("cats")
        answer = requests.post(str(state.scoring_uri), headers={"Authorization": f"Bearer {key}"}, timeout=10)
        process = answer.json()["pid"]
    return Snapshot(
        {(kind, key): body for kind, key, body in rows}, port.files.read("amlgpu/leases/cats.json"), process
    )


def test_what_is_done_to_one_service_never_touches_the_other(
    port: V1Workspace,
    emulator: Emulator,
    both: tuple[Settings, Settings],
    kept_by: Callable[[dict[str, str]], str],
    tmp_path: Path,
) -> None:
    cats, dogs = both
    for verb in verbs(port, cats, Release(port, cats, tmp_path / "cats", kept_by)):
        if verb.__name__ not in ("teardown", "rollback"):
            verb()

    before = snapshot(port, emulator)
    assert before.process
    for verb in verbs(port, dogs, Release(port, dogs, tmp_path / "dogs", kept_by), cats):
        verb()
        after = snapshot(port, emulator)
        touched = {key for key, body in before.documents.items() if after.documents.get(key) != body}
        foreign = {key for key in touched if "dogs" not in f"{key}{before.documents[key]}"}
        assert foreign == set(), verb.__name__
        assert not {key for key in touched if "cats" in f"{key}{before.documents[key]}"}, verb.__name__
        made = after.documents.keys() - before.documents.keys()
        assert not {key for key in made if "cats" in f"{key}{after.documents[key]}"}, verb.__name__
        assert (after.lease, after.process) == (before.lease, before.process), verb.__name__
        before = after


def verbs(port: V1Workspace, settings: Settings, release: Release, *others: Settings) -> Iterator[Callable[[], None]]:
    """All that changes something, in the order in which it is possible."""
    from pipelines.infrastructure.teardown import plan_teardown
    from pipelines.live.rollback import roll_back
    from pipelines.live.status import status
    from pipelines.publish import publish
    from pipelines.schedule import create_schedule
    from pipelines.submit import submit_published

    name = settings.service.name

    def publish_one() -> None:
        assert publish(port, settings).endpoint == f"{name}-release"

    def schedule() -> None:
        assert create_schedule(port, settings) == "created"

    def submit() -> None:
        run = submit_published(port, settings, {})
        port.runs.cancel(run)
        until(lambda: port.runs.has_ended(run), f"run {run} to end", 60)

    def redeploy() -> None:
        release()
        assert port.services.find(name).models == (f"{name}:{release.versions}",)  # type: ignore[union-attr]

    def rollback() -> None:
        with pytest.raises(RollbackError, match="was deployed again, but"):  # the echo's answers prove nothing
            roll_back(port, settings, None)
        assert port.services.find(name).models == (f"{name}:1",)  # type: ignore[union-attr]

    def teardown() -> None:
        plan = plan_teardown(port, [settings], others)
        assert [step.kind for step in plan.removals] == ["schedule", "endpoint", "service"]
        assert [line.partition(" ")[0] for line in plan.stays] == ["cluster", "compute"]
        for step in plan.removals:
            step.remove()
        assert status(port, settings)["service"] is None

    yield from (publish_one, schedule, submit, release_named(release), redeploy, rollback, publish_one, teardown)


def release_named(release: Release) -> Callable[[], None]:
    def deploy_first() -> None:
        release()

    return deploy_first
