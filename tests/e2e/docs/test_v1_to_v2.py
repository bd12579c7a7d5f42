"""Every command of docs/v1-to-v2.md, in its order, by somebody who has a live service of SDK v1."""

import re
import shlex
import shutil
from typing import Any

import pytest

from pipelines.sample_model import Sample
from tests.e2e.conftest import ROOT, Machine

PAGE = (ROOT / "docs" / "v1-to-v2.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]
PLAN_CHANGES = 2
REPLICAS = 1
SERVICE = ("--service", "digits")
V1, V2 = ("--target", "local"), ("--target", "local-v2")

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]  # integration/pipelines/test_moving_over.py is quicker


def words_of(command: str) -> list[str]:
    """Those of `amlgpu`, which a command may be, or may hand to the shell."""
    return shlex.split(re.sub(r'^export \w+="\$\((.*)\)"$', r"\1", command))[1:]


class Reader:
    """Types the commands of the page one after the other."""

    def __init__(self, machine: Machine) -> None:
        self._machine, self._commands = machine, iter(COMMANDS)

    def type(self, verb: str, exit_code: int = 0) -> str:
        """What the next one printed, which must be of this verb."""
        words = words_of(next(self._commands))
        assert words[0] == verb
        ended = self._machine.amlgpu(*words)
        assert ended.returncode == exit_code, ended.stdout + ended.stderr
        return ended.stdout

    def has_typed_all(self) -> bool:
        return next(self._commands, None) is None


def test_the_commands_of_the_page_succeed_in_their_order(
    machine: Machine, release: dict[str, Any], sample: Sample
) -> None:
    shutil.copytree(sample.model.parent, machine.folder / "sample")
    reader, before = Reader(machine), machine.json("status", *V1, *SERVICE)["service"]

    planned = " ".join(reader.type("plan", PLAN_CHANGES).split())
    assert f"SDK v1 serves digits: digits:1 at {before['scoring_uri']}. It stays as it is" in planned
    assert "digits:1 is the version that SDK v1 serves: it is released as it is" in planned
    reader.type("provision")
    assert "registered before" in reader.type("run")
    assert "Nothing to do." in reader.type("plan")
    old, new = reader.type("query"), reader.type("query")
    assert [line.split()[-2] for line in (old.splitlines()[-1], new.splitlines()[-1])] == ["digits:1"] * 2
    assert old.split() == new.split()
    assert "digits (SDK v1)" in reader.type("status")
    after = machine.json("status", *V1, *SERVICE)
    assert (after["service"], after["served by the other SDK"]) == (before, {"digits (SDK v2)": "digits:1"})
    for verb in ("publish", "schedule", "schedule"):
        reader.type(verb)
    key = reader.type("key").strip()
    assert key != machine.succeed("key", *V1, *SERVICE).strip()
    assert "azmlinfsrv.load" in reader.type("logs")
    assert "gpu-aks" in reader.type("teardown")
    reader.type("teardown")
    assert reader.type("query").split() == new.split()
    assert reader.has_typed_all()

    assert machine.json("status", *V1, *SERVICE)["service"] is None
    left = machine.json("status", *V2, *SERVICE)
    assert left["service"]["models"] == ["digits:1"]
    assert left["compute"]["state"] == "Succeeded"
    assert left["schedule"]
    assert machine.succeed("key", *V2, *SERVICE).strip() == key
