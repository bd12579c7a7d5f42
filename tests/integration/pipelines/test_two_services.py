"""Two services of one folder on one cluster: whatever a verb does to the one, nothing of the other's changes.

The whole store of the local workspace is compared, before and after each verb. What serves is the echo, so that no
verb waits for TensorFlow; the pipelines that are published are the project's own.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from config.errors import RollbackError
from config.settings import Settings, load_all_settings
from steps.scoring_source import scoring_hash
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
pytestmark = pytest.mark.slow  # three deployments

SCORE = "scoring/score.py"
NAMES = ("cats", "dogs")
KEEP = """
import os
from pathlib import Path
for name, text in {files!r}.items():
    path = Path("outputs") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("THIS RUN", os.environ["AZUREML_ROOT_RUN_ID"]))
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


@dataclass
class Verbs:
    """All that changes something, for one service."""

    port: V1Workspace
    settings: Settings
    folder: Path
    kept_by: Callable[[dict[str, str]], str]

    @property
    def name(self) -> str:
        return self.settings.service_file

    def publish(self) -> None:
        from pipelines.triggers.publish import publish

        assert publish(self.port, self.settings).endpoint == f"{self.name}-release"

    def schedule(self) -> None:
        from pipelines.triggers.schedule import create_schedule

        assert create_schedule(self.port, self.settings) == "created"

    def submit(self) -> None:
        from pipelines.triggers.submit import submit_published

        run = submit_published(self.port, self.settings, {})
        self.port.runs.cancel(run)
        until(lambda: self.port.runs.has_ended(run), f"run {run} to end", 60)

    def release(self) -> None:
        """Deploy the first version, and take it for proven; the run keeps what a rollback needs."""
        from steps.rollout.lease import Lease

        revision = self._revision()
        candidate = candidate_of(revision.model, "THIS RUN")
        plan = plan_of(candidate, self.settings)
        tags = plan.tags | {"scoring_hash": scoring_hash(self.folder)}
        kept = {one.file_name: one.model_dump_json() for one in (candidate, plan.model_copy(update={"tags": tags}))}
        run_id = self.kept_by(kept | {f"source/{SCORE}": (self.folder / SCORE).read_text()})
        deploy(self.port, self.settings, revision, run_id)
        Lease.acquire(self.port, self.name, run_id, self.settings.service).release(proven=True)
        self._runs(1)

    def redeploy(self) -> None:
        deploy(self.port, self.settings, self._revision(), "run-2")
        self._runs(2)

    def rollback(self) -> None:
        from pipelines.live.rollback import roll_back

        with pytest.raises(RollbackError, match="was deployed again, but"):  # the echo's answers prove nothing
            roll_back(self.port, self.settings, None)
        self._runs(1)

    def teardown(self, *others: Settings) -> None:
        from pipelines.infrastructure.teardown import plan_teardown

        plan = plan_teardown(self.port, [self.settings], others)
        assert [step.kind for step in plan.removals] == ["schedule", "endpoint", "service"]
        assert [line.partition(" ")[0] for line in plan.stays] == ["cluster", "compute"]
        for step in plan.removals:
            step.remove()
        assert self.port.services.find(self.name) is None

    def _revision(self) -> Revision:
        for path in ("model/content.txt", SCORE):
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / "model" / "content.txt").write_text(self.name)
        shutil.copy(Path(__file__).parents[1] / "echo_score.py", self.folder / SCORE)
        version = self.port.models.register(self.settings.model.name, self.folder / "model", {})
        plain = Environment("echo", "FROM python\n", "dependencies: [python=3.11]\n", {"ECHO_GREETING": "hello"})
        return Revision(version, self.port.environments.register(plain), self.folder, SCORE, TAGS)

    def _runs(self, version: int) -> None:
        state = self.port.services.find(self.name)
        assert state is not None
        assert state.models == (f"{self.name}:{version}",)


@dataclass(frozen=True)
class Snapshot:
    """All that there is, at one moment."""

    documents: dict[tuple[str, str], str]
    lease: object
    """The file that says whose turn it is at cats."""
    process: int
    """Which one answers for cats: it hasn't been started again."""

    def changed_since(self, before: Snapshot) -> set[str]:
        """Whose documents differ; ``shared`` for one that was there before and names neither."""
        changed = {key for key, body in before.documents.items() if self.documents.get(key) != body}
        made = self.documents.keys() - before.documents.keys()
        texts = [f"{key} {before.documents[key]} {self.documents.get(key)}" for key in changed]
        owners = {name for text in texts for name in NAMES if name in text} | {
            "shared" for text in texts if not any(name in text for name in NAMES)
        }
        return owners | {name for key in made for name in NAMES if name in f"{key} {self.documents[key]}"}


def snapshot(port: V1Workspace, emulator: Emulator) -> Snapshot:
    with closing(sqlite3.connect(emulator.folder / "workspace.db")) as database:
        rows = database.execute("SELECT kind, key, body FROM documents").fetchall()
    state, (key, _) = port.services.find("cats"), port.services.keys("cats")
    assert state is not None
    answer = requests.post(str(state.scoring_uri), headers={"Authorization": f"Bearer {key}"}, timeout=10)
    documents = {(kind, key): body for kind, key, body in rows}
    return Snapshot(documents, port.files.read("amlgpu/leases/cats.json"), answer.json()["pid"])


def test_what_is_done_to_one_service_never_touches_the_other(
    port: V1Workspace,
    emulator: Emulator,
    both: tuple[Settings, Settings],
    kept_by: Callable[[dict[str, str]], str],
    tmp_path: Path,
) -> None:
    cats, dogs = (Verbs(port, settings, tmp_path / settings.service_file, kept_by) for settings in both)
    for verb in (cats.publish, cats.schedule, cats.release):
        verb()

    before = snapshot(port, emulator)
    verbs = (dogs.publish, dogs.schedule, dogs.submit, dogs.release, dogs.redeploy, dogs.rollback, dogs.publish)
    for verb in (*verbs, partial(dogs.teardown, cats.settings)):
        verb()
        after = snapshot(port, emulator)
        assert after.changed_since(before) <= {"dogs"}, verb
        assert (after.lease, after.process) == (before.lease, before.process), verb
        before = after
    assert before.process
