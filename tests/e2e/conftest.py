"""One machine as a newcomer has it: an empty home, and the command `amlgpu`, typed in the folder of another project."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from azureml_emulator.testing.answers import VARIABLE
from pipelines.sample_model import Sample
from tests.conformance.reporting import conformance_of
from tests.e2e.environments import audited
from tests.hostile import hostile_variables, write_netrc
from tests.shadowing import write_shadows
from tests.trust import trust_itself_alone

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 580
NOBODY = "http://127.0.0.1:9"
IMAGES = 120


@dataclass(frozen=True)
class Machine:
    """Runs `amlgpu` in an environment of its own; what any of its processes resolves goes to `hosts`."""

    folder: Path
    replicas: int = 2
    variables: Mapping[str, str] = field(default_factory=dict)
    """More of its environment."""

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        return kept | {
            "HOME": str(self.folder / "home"),
            "AMLGPU_HOME": str(self.state),
            "PYTHONPATH": str(self.folder),
            "LOOPBACK_LOGS": str(self.folder),
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "AMLGPU_SERVICE__REPLICAS": str(self.replicas),
            VARIABLE: "1",
            **self.variables,
        }

    def amlgpu(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(audited() / "amlgpu"), *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def succeed(self, *arguments: str | Path) -> str:
        """Standard output of a command that must succeed."""
        ended = self.amlgpu(*arguments)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def json(self, *arguments: str | Path) -> Any:
        return json.loads(self.succeed(*arguments, "--json"))

    def processes(self) -> list[psutil.Process]:
        """Whatever runs on behalf of this machine: its environment names the state folder."""
        mine = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("AMLGPU_HOME") == str(self.state) or str(self.state) in process.cmdline():
                    mine.append(process)
        return mine

    def hosts(self) -> set[str]:
        return {line.rpartition(" ")[0] for line in (self.folder / "hosts.log").read_text().splitlines()}

    def programs(self) -> set[str]:
        """What was run by a Python, and so had its hosts noted: names of scripts."""
        return set((self.folder / "programs.log").read_text().splitlines())

    def requests(self) -> list[dict[str, Any]]:
        """The local workspace's own log of what it was asked."""
        return [json.loads(line) for line in (self.state / "requests.log").read_text().splitlines()]


@pytest.fixture(scope="session")
def sample(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The sample with a third of its images, enough for all checks: each release sends, fetches and scores them."""
    folder = tmp_path_factory.mktemp("sample")
    shutil.copytree(sample.model, folder / "model")
    header, *rows = (sample.validation / "labels.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "validation").mkdir()
    (folder / "validation" / "labels.csv").write_text(header + "".join(rows[:IMAGES]), encoding="utf-8")
    for row in rows[:IMAGES]:
        shutil.copy(sample.validation / row.partition(",")[0], folder / "validation")
    return Sample(folder / "model", folder / "validation", IMAGES, sample.accuracy)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Machine]:
    """With as many replicas as the module's REPLICAS; one is enough, and quicker, where it isn't about them.

    Where the module says HOSTILE, its shell holds a proxy that answers nobody, and all that leads Azure's libraries
    elsewhere; ~/.netrc has passwords for every host. Where it says AUTH_MODE, datastores have that credential.
    Answers are held against the SDK's schemas, but where the module's OLD names the commit that its state is of.
    """
    hostile = getattr(request.module, "HOSTILE", False)
    variables = hostile_variables(NOBODY) if hostile else {}
    machine = Machine(tmp_path_factory.mktemp("machine"), getattr(request.module, "REPLICAS", 2), variables)
    (machine.folder / "home").mkdir()
    if hostile:
        write_netrc(machine.folder / "home")
    write_shadows(machine.folder)
    trust_itself_alone(machine.state)
    if auth_mode := getattr(request.module, "AUTH_MODE", None):
        machine.succeed("local", "up")
        machine.succeed("local", "datastores", "--auth-mode", auth_mode)
    yield machine
    machine.amlgpu("local", "down")
    left = machine.processes()
    for process in left:
        process.kill()
    assert not left, f"still running after `amlgpu local down`: {left}"
    if not getattr(request.module, "OLD", None):  # what was stored then lacks what was added since
        conformance_of(request.config).check(machine.state)


@pytest.fixture(scope="module")
def release(machine: Machine, sample: Sample) -> dict[str, Any]:
    """The first release of the sample on this machine, as `amlgpu run --json` reports it."""
    report: dict[str, Any] = machine.json(
        "run", "--target", "local", "--model", sample.model, "--validation-data", sample.validation
    )
    return report
