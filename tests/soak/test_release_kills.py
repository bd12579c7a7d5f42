"""Releases that are killed at random moments, in deploy_service and in smoke_test, the step or the local workspace."""

import os
import random
from pathlib import Path
from typing import Any

import pytest

from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine, first_release, machine, release
from tests.e2e.support.kills import Kills, kill_and_go_on

__all__ = ["first_release", "machine", "release"]

KILLS = int(os.environ.get("SOAK_RELEASE_KILLS", "40"))
SEED = int(os.environ.get("SOAK_SEED", random.randrange(2**32)))  # noqa: S311

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]


def test_killed_releases_converge(
    machine: Machine,
    release: dict[str, Any],
    sample: Sample,
    tmp_path: Path,
) -> None:
    kill_and_go_on(machine, release, sample, tmp_path, Kills(KILLS, SEED))
