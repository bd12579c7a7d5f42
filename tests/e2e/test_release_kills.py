"""A release that is killed leaves a service that answers, and running again finishes it. Long form: tests/soak."""

import json
import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipelines.sample import Sample
from tests.e2e import candidates
from tests.e2e.conftest import Machine
from tests.e2e.kills import Clients, Killer, Victim
from tests.e2e.test_release import labels

pytestmark = pytest.mark.slow

VICTIMS: tuple[Victim, ...] = ("step", "local workspace")


def kill_and_go_on(
    machine: Machine, release: dict[str, Any], sample: Sample, tmp_path: Path, kills: int, seed: int
) -> None:
    """Kill releases of two models, ``kills`` times, the victims in turn, and finish each by running again."""
    print(f"\n{kills} kills, seed {seed}")
    models = [sample.model, candidates.write(sample.model, tmp_path / "other" / "model", candidates.equal)]
    known = {answer["file"]: answer["predicted"] for answer in release["verdict"]["answers"]}
    right = [name for name, label in labels(sample.validation).items() if known[name] == label][:50]
    images = [((sample.validation / name).read_bytes(), known[name]) for name in right]
    uri, key = release["deployment"]["scoring_uri"], machine_key(machine)
    killer = Killer(machine, random.Random(seed))  # noqa: S311
    done = 0
    with Clients(uri, key, images).asking() as clients:
        while done < kills:
            victim, model = VICTIMS[(done + seed) % len(VICTIMS)], models[(done + 1) % 2]
            moment = killer.interrupt(victim, model, sample.validation)
            if moment is None:
                continue
            done += 1
            report = machine.json(
                "run", "--model", model, "--validation-data", sample.validation, "--sample-count", "100"
            )
            print(f"{done}: {moment}; run again: {report['deployment']['action']}", flush=True)
            service = machine.json("status")["service"]
            assert service["models"] == [f"digits:{report['candidate']['model_version']}"]
            assert service["state"] == "Healthy"
            assert machine.json("plan", "--model", model)["changes"] is False
    outages = ", ".join(f"{end - start:.1f}" for start, end in killer.down)
    print(f"{clients.asked} requests, {len(clients.failed)} failed; local workspace down for {outages} s")
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
