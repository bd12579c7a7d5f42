"""One machine as a newcomer has it: an empty home, and the command `amlgpu`, typed in the folder of another project."""

import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil
import pytest

from azureml_emulator.testing.answers import FILE, VARIABLE
from pipelines.sample_model import Sample
from tests.conformance.reporting import conformance_of
from tests.conftest import one_at_a_time
from tests.e2e.support.environments import audited
from tests.hostile import hostile_variables, write_netrc
from tests.integration.emulator.waiting import until
from tests.shadowing import write_shadows
from tests.trust import trust_itself_alone

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 580
NOBODY = "http://127.0.0.1:9"
IMAGES = 120
REPORT = "report.json"
TARGET = "AMLGPU_TARGET"
NONE: Mapping[str, str] = MappingProxyType({})


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
        ended = subprocess.run(
            [str(audited() / "amlgpu"), *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert "\x1b" not in ended.stdout + ended.stderr, "colours go to terminals only"
        assert "Warning: " not in ended.stderr, ended.stderr  # Python's: of something in an SDK
        return ended

    def succeed(self, *arguments: str | Path) -> str:
        """Standard output of a command that must succeed."""
        ended = self.amlgpu(*arguments)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def json(self, *arguments: str | Path) -> Any:
        return json.loads(self.succeed(*arguments, "--json"))

    def serves(self) -> bool:
        """Whether all services are up again: after a start of the workspace, that takes them a while."""
        with sqlite3.connect(f"file:{self.state}/workspace.db?mode=ro", uri=True) as database:
            services = database.execute("SELECT body FROM documents WHERE kind = 'service'").fetchall()
        return all(json.loads(body)["state"] == "Healthy" for (body,) in services)

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


def made_by_make_run(target: str = "local") -> list[str]:
    """The arguments of its `amlgpu`, with another target in the place of its own."""
    (command,) = re.findall(r"^RUN := \$\(BIN\)/amlgpu (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return shlex.split(command.replace("--target local ", f"--target {target} "))


@dataclass(frozen=True)
class Released:
    """The folder of a machine that is stopped."""

    folder: Path

    def bring_to(self, machine: Machine) -> dict[str, Any]:
        """Put its workspace in the place of the machine's, with what was noted meanwhile; returns the run's report."""
        shutil.rmtree(machine.state)
        shutil.copytree(self.folder / "state", machine.state)
        for log in ("hosts.log", "programs.log"):
            with (machine.folder / log).open("a") as file:
                file.write((self.folder / log).read_text())
        text = (self.folder / REPORT).read_text().replace(str(self.folder), str(machine.folder))
        report: dict[str, Any] = json.loads(text)
        return report


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


@contextmanager
def new_machine(
    folder: Path, replicas: int, hostile: bool = False, variables: Mapping[str, str] = NONE
) -> Iterator[Machine]:
    """Ends what runs there, and fails where more than that was running."""
    machine = Machine(folder, replicas, {**variables, **(hostile_variables(NOBODY) if hostile else {})})
    (machine.folder / "home").mkdir(parents=True)
    if hostile:
        write_netrc(machine.folder / "home")
    write_shadows(machine.folder)
    trust_itself_alone(machine.state)
    try:
        yield machine
    finally:
        machine.amlgpu("local", "down")
        left = machine.processes()
        for process in left:
            process.kill()
    assert not left, f"still running after `amlgpu local down`: {left}"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Machine]:
    """With as many replicas as the module's REPLICAS; one is enough, and quicker, where it isn't about them.

    Its VARIABLES are in its shell.
    Where the module says HOSTILE, its shell holds a proxy that answers nobody, and all that leads Azure's libraries
    elsewhere; ~/.netrc has passwords for every host.
    Answers are held against the SDK's schemas, but where the module's OLD names the commit that its state is of.
    """
    module = request.module
    replicas, hostile = getattr(module, "REPLICAS", 2), getattr(module, "HOSTILE", False)
    variables = getattr(module, "VARIABLES", NONE)
    with new_machine(tmp_path_factory.mktemp("machine"), replicas, hostile, variables) as machine:
        yield machine
    if not getattr(module, "OLD", None):  # what was stored then lacks what was added since
        conformance_of(request.config).check(machine.state)


FirstRelease = Callable[[Mapping[str, str]], Released]


@pytest.fixture(scope="session")
def first_release(sample: Sample, shared: Path, pytestconfig: pytest.Config) -> FirstRelease:
    """What `make run` does in a shell with some variables, once a test run: the workspace that it left, stopped, for
    each module to go on with."""

    def released(variables: Mapping[str, str]) -> Released:
        folder = shared / "-".join(["first-release", *variables.values()])
        with one_at_a_time(folder.with_suffix(".lock")):
            if not (folder / REPORT).exists():
                shutil.rmtree(folder, ignore_errors=True)
                with new_machine(folder, replicas=1, variables=variables) as machine:
                    shutil.copytree(sample.model.parent, folder / "sample")
                    report = machine.json(*made_by_make_run(variables.get(TARGET, "local")))
                conformance_of(pytestconfig).check(machine.state)
                (machine.state / FILE).unlink()
                (folder / REPORT).write_text(json.dumps(report))
        return Released(folder)

    return released


@pytest.fixture(scope="module")
def release(machine: Machine, first_release: FirstRelease, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The first release of the sample, as `amlgpu run --json` reported it: all of its workspace is here, and serves.

    Where the module says AUTH_MODE, datastores have that credential from now on.
    """
    machine.succeed("local", "down")
    report = first_release(getattr(request.module, "VARIABLES", NONE)).bring_to(machine)
    machine.succeed("local", "up")
    until(machine.serves, "the service to be up again", 120)
    if auth_mode := getattr(request.module, "AUTH_MODE", None):
        machine.succeed("local", "datastores", "--auth-mode", auth_mode)
    return report
