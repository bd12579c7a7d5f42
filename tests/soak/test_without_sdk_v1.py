"""docs/sdk-v2.md's environment without SDK v1, on a Python that SDK v1 has not, filled by pip: minutes of downloads."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.errors import WorkspaceError
from tests.e2e.support.environments import ROOT, install_checkout
from tests.e2e.support.newcomer import distributions_of, type_in
from tests.e2e.workflows.checkout import Checkout
from tests.soak.test_newcomer import python_of

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]

(BLOCK,) = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "sdk-v2.md").read_text(encoding="utf-8"), re.DOTALL)
VENV, ACTIVATE, INSTALL, *COMMANDS = BLOCK.splitlines()
IMAGE = "sample/validation/digit-0000.jpg"


class Reader:
    """Types in the checkout."""

    def __init__(self, checkout: Path, commands: Path) -> None:
        self.checkout, self.commands = checkout, commands

    def type(self, line: str) -> str:
        return type_in(self.checkout, self.commands, line, AMLGPU_SERVICE__REPLICAS="1", TF_CPP_MIN_LOG_LEVEL="2")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Whoever has typed all of the page's commands."""
    assert (VENV, ACTIVATE) == ("python3.12 -m venv .venv", ". .venv/bin/activate")
    assert shlex.split(INSTALL)[:2] == ["pip", "install"]
    checkout = Checkout(tmp_path_factory.mktemp("checkout"))
    checkout.make({})
    commands = install_checkout(checkout.source, python_of("3.12"), shlex.split(INSTALL)[2:])
    reader = Reader(checkout.source, commands)
    try:
        for command in COMMANDS:
            reader.type(command)
        yield reader
    finally:
        reader.type("amlgpu local down")


def test_nothing_of_sdk_v1_is_installed(reader: Reader) -> None:
    names = {name for name in distributions_of(reader.commands) if name.startswith("azureml")}
    assert names == {"azureml-emulator", "azureml-inference-server-http"}


def test_what_is_released_answers_and_is_published(reader: Reader) -> None:
    where = "--target local-v2 --service digits"
    (answer,) = json.loads(reader.type(f"amlgpu query {IMAGE} {where} --json"))
    assert answer["model"] == "digits:1"
    reader.type(f"amlgpu publish {where}")
    assert json.loads(reader.type(f"amlgpu status {where} --json"))["endpoint"]["state"] == "Active"


def test_what_needs_no_workspace_works(reader: Reader) -> None:
    reader.type("amlgpu check --model sample/model")
    reader.type("amlgpu local status")
    assert 0 <= json.loads(reader.type(f"python scoring/score.py {IMAGE}"))["class"] <= 9


@pytest.mark.parametrize("verb", ["plan", "status", "run --model sample/model --validation-data sample/validation"])
def test_a_target_of_sdk_v1_is_refused_with_what_it_lacks(reader: Reader, verb: str) -> None:
    command = f"amlgpu {verb} --target local --service digits"
    told = reader.type(f"{command} 2>&1 || test $? = {int(WorkspaceError.exit_code)}")
    assert "pip install -e '.[sdk-v1]' brings them, on Python 3.10 and 3.11" in " ".join(told.split())
    assert "Traceback" not in told
