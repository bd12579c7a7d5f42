"""Every `amlgpu` command of the README, in its order, as a newcomer would type them after `make run`."""

import re
import shlex
import shutil
from typing import Any

import pytest

from pipelines.sample_model import Sample
from tests.e2e.conftest import ROOT, Machine

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    shlex.split(line, comments=True) for block in BLOCKS for line in block.splitlines() if line.startswith("amlgpu ")
]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # all verbs in one test

REPLICAS = 1


def test_daily_commands_of_the_readme_succeed_in_their_order(
    machine: Machine, release: dict[str, Any], sample: Sample
) -> None:
    assert len(COMMANDS) >= 8
    shutil.copytree(sample.model.parent, machine.folder / "sample")
    for _, *arguments in COMMANDS:
        machine.succeed(*arguments)


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
