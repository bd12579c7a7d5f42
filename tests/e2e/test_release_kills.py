"""A release that is killed leaves a service that answers, and running again finishes it. Long form: tests/soak."""

import json
import os
import random
import sqlite3
from collections import Counter
from contextlib import closing
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from pipelines.sample import Sample
from tests.e2e import candidates
from tests.e2e.conftest import Machine
from tests.e2e.kills import Clients, Killer, Step, Victim
from tests.e2e.test_release import labels

pytestmark = pytest.mark.slow

CASES: tuple[tuple[Victim, Step], ...] = (
    ("step", "deploy_service"),
    ("local workspace", "smoke_test"),
    ("local workspace", "deploy_service"),
    ("step", "smoke_test"),
)


def kill_and_go_on(
    machine: Machine, release: dict[str, Any], sample: Sample, tmp_path: Path, kills: int, seed: int
) -> None:
    """Kill releases of two models in turn, ``kills`` times, every case as often, and finish each by running again."""
    print(f"\n{kills} kills, seed {seed}")
    models = [candidates.write(sample.model, tmp_path / "other" / "model", candidates.equal), sample.model]
    known = {answer["file"]: answer["predicted"] for answer in release["verdict"]["answers"]}
    right = [name for name, label in labels(sample.validation).items() if known[name] == label][:50]
    images = [((sample.validation / name).read_bytes(), known[name]) for name in right]
    uri, key = release["deployment"]["scoring_uri"], machine_key(machine)
    moments = random.Random(seed)  # noqa: S311
    killer = Killer(machine, moments)
    killed: Counter[tuple[Victim, Step]] = Counter()
    with Clients(uri, key, images).asking() as clients:
        for model in cycle(models):
            if killed.total() == kills:
                break
            case = CASES[(killed.total() + seed) % len(CASES)]
            strategy = ("--set", f"service.strategy={moments.choice(('in_place', 'staged'))}")
            arguments = ("run", "--model", model, "--validation-data", sample.validation, "--sample-count", "100")
            moment = killer.interrupt(*case, (*arguments, *strategy))
            if moment is None:
                continue  # it was released: the other model is next, since this one would leave nothing to do
            killed[case] += 1
            report = machine.json(*arguments, *strategy)
            action = report["deployment"]["action"]
            print(f"{killed.total()}: {strategy[1]}: {moment}; run again: {action}", flush=True)
            service = machine.json("status")["service"]
            assert service["models"] == [f"digits:{report['candidate']['model_version']}"]
            assert service["state"] == "Healthy"
            assert machine.json("plan", "--model", model, *strategy)["changes"] is False
    for (victim, step), count in killed.items():
        print(f"{victim} killed in {step}: {count}")
    down = ", ".join(f"{end - start:.1f}" for start, end in killer.down)
    print(f"{clients.asked} requests, {len(clients.failed)} failed; local workspace down for {down} s")
    print(f"outages: {', '.join(f'{seconds:.1f}' for seconds in clients.outages)} s")
    assert clients.wrong == []
    assert clients.failures_outside(killer.down) == []


def machine_key(machine: Machine) -> str:
    """The service's key, from the store of the local workspace."""
    with closing(sqlite3.connect(f"file:{machine.state}/workspace.db?mode=ro", uri=True)) as database:
        (body,) = database.execute("SELECT body FROM documents WHERE kind = 'service' AND key = 'digits'").fetchone()
    return str(next(iter(json.loads(body)["_keys"].values())))


def test_a_killed_release_is_finished_by_running_again(
    machine: Machine, release: dict[str, Any], sample: Sample, tmp_path: Path
) -> None:
    kill_and_go_on(machine, release, sample, tmp_path, kills=1, seed=int(os.environ.get("AMLGPU_SEED", "20")))
