"""Scripts that are forked from a process with the SDK: nothing but their speed may tell them from others."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest
import uvloop

from azureml_emulator.execution import forkserver
from azureml_emulator.execution.child import Child
from azureml_emulator.execution.forkserver.client import ForkedChild, ForkServer
from tests.integration.emulator.waiting import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux is forked on")
DRIVER = Path(forkserver.__file__).with_name("driver.py")
ENVIRONMENT = {**os.environ, "PYTHONUNBUFFERED": "1", "HBI_WORKSPACE_JOB": "true"}
SELF_PORTRAIT = """
import json, multiprocessing.process, os, random, signal, sys, tempfile, threading
descriptors = {name: os.readlink("/proc/self/fd/" + name) for name in os.listdir("/proc/self/fd") if int(name) < 3}
print(json.dumps({
    "forked": sys.orig_argv != [line for line in open("/proc/self/cmdline").read().split("\\0") if line],
    "path": [entry for entry in sys.path if "azureml" not in entry], "argv": sys.argv, "orig_argv": sys.orig_argv,
    "name": __name__, "file": __file__, "main": sys.modules["__main__"].__file__, "cwd": os.getcwd(),
    "environment": dict(os.environ), "flags": repr(sys.flags), "threads": threading.active_count(),
    "descriptors": descriptors, "open": len(os.listdir("/proc/self/fd")), "umask": os.umask(0o22),
    "leads": [os.getpgid(0) == os.getpid(), os.getsid(0) == os.getppid()],
    "signals": {int(number): str(signal.getsignal(number)).split(" at ")[0] for number in signal.valid_signals()},
    "stdout": [sys.stdout.line_buffering, sys.stdout.write_through, sys.stdout.encoding, sys.stdout.errors],
    "emulator": [name for name in sys.modules if name.partition(".")[0] == "azureml_emulator"],
    "temporary": [tempfile.gettempdir() == os.environ["TMPDIR"], os.listdir(tempfile.gettempdir())],
    "started_in": multiprocessing.process.ORIGINAL_DIR,
}))
"""
WHICH = "import sys; print('azureml.core' in sys.modules)"


T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]


@pytest.fixture(scope="module")
def run() -> Iterator[Run[Any]]:
    """Runs a coroutine in the one loop of these tests, which is of the emulator's kind."""
    loop = uvloop.new_event_loop()
    yield loop.run_until_complete
    loop.close()


@pytest.fixture(scope="module")
def server(run: Run[None]) -> Iterator[ForkServer]:
    server = ForkServer("runs", ENVIRONMENT)
    yield server
    run(server.close())


async def fork(server: ForkServer, folder: Path, source: str, *arguments: str, **variables: str) -> ForkedChild:
    (folder / "script.py").write_text(source)
    environment = ENVIRONMENT | {"AZUREML_RUN_ID": "r"} | variables
    log = folder / "log.txt"
    log.unlink(missing_ok=True)
    child = await server.start(["script.py", *arguments], folder=folder, environment=environment, log=log)
    assert child is not None
    return child


def test_like_a_fresh_interpreter(run: Run[Any], server: ForkServer, tmp_path: Path) -> None:
    variables = {"AZUREML_RUN_ID": "r", "PYTHONPATH": "lib:.", "OWN": "x"}

    async def portraits() -> list[dict[str, Any]]:
        found = []
        log = tmp_path / "log.txt"
        child: ForkedChild | Child = await fork(server, tmp_path, SELF_PORTRAIT, "--n", "1", **variables)
        assert await child.wait() == 0, log.read_text()
        found.append(json.loads(log.read_text()))
        command = [sys.executable, str(DRIVER), "script.py", "--n", "1"]
        log.unlink()
        child = await Child.start(command, folder=tmp_path, environment=ENVIRONMENT | variables, log=log)
        assert await child.wait() == 0, log.read_text()
        return [*found, json.loads(log.read_text())]

    forked, fresh = run(portraits())
    assert (forked.pop("forked"), fresh.pop("forked")) == (True, False)
    temporary = [Path(one["environment"].pop("TMPDIR")) for one in (forked, fresh)]
    assert forked == fresh
    assert forked["temporary"] == [True, []]
    assert [folder for folder in temporary if folder.exists()] == []


@pytest.mark.parametrize(
    ("files", "variables", "expected"),
    [
        ([], {}, True),
        (["data/json.txt", "train.py"], {"OWN": "x", "PYTHONPATH": "lib"}, True),
        (["requests/__init__.py"], {}, False),
        (["lib/yaml.py"], {"PYTHONPATH": "lib"}, False),
        (["lib/sitecustomize.py"], {"PYTHONPATH": "lib"}, False),
        (["simplejson.py"], {}, False),
        ([], {"PYTHONHASHSEED": "7"}, False),
        ([], {"OMP_NUM_THREADS": "1"}, False),
        ([], {"AZUREML_RUN_POLLING_INTERVAL_MIN": "7"}, False),
    ],
)
def test_fresh_where_a_fork_would_differ(
    run: Run[Any], server: ForkServer, tmp_path: Path, files: list[str], variables: dict[str, str], expected: bool
) -> None:
    """Modules that an import of the template found elsewhere, or sought; variables that count at the start."""
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("")

    async def forked() -> str:
        child = await fork(server, tmp_path, WHICH, **variables)
        assert await child.wait() == 0
        return (tmp_path / "log.txt").read_text()

    assert run(forked()) == f"{expected}\n"


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        ("raise SystemExit(7)", 7, ""),
        ("raise ValueError('no')", 1, "ValueError: no"),
        ("import atexit; atexit.register(print, 'at the end')", 0, "at the end"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM & 0xFF, ""),
        ("import sys; sys.exit('said')", 1, "said"),
    ],
)
def test_ends(run: Run[Any], server: ForkServer, tmp_path: Path, source: str, code: int, said: str) -> None:
    async def end() -> int:
        return await (await fork(server, tmp_path, source)).wait()

    assert run(end()) == code
    assert said in (tmp_path / "log.txt").read_text()


PROCESSES = """
import multiprocessing, os

def work(number):
    return number * 2

if __name__ == "__main__":
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(pool.map(work, [1, 2]), end=" ")
"""


def test_processes_of_a_script(run: Run[Any], server: ForkServer, tmp_path: Path) -> None:
    """A spawned one imports the script, not the template."""

    async def end() -> int:
        return await (await fork(server, tmp_path, PROCESSES)).wait()

    code, said = run(end()), (tmp_path / "log.txt").read_text()
    assert (code, said) == (0, "[2, 4] [2, 4] ")


FAMILY = """
import os, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(os.getppid(), os.getpid(), child.pid, flush=True)
time.sleep(600)
"""


def family(log: Path) -> list[psutil.Process]:
    """The launcher, the script and its child."""
    said = until(lambda: log.exists() and log.read_text().endswith("\n") and log.read_text(), "the script to start")
    return [psutil.Process(int(number)) for number in str(said).split()]


def test_ends_when_stopped(run: Run[Any], server: ForkServer, tmp_path: Path) -> None:
    async def stop() -> tuple[int, list[psutil.Process]]:
        child = await fork(server, tmp_path, FAMILY)
        processes = await asyncio.to_thread(family, tmp_path / "log.txt")
        assert child.running
        await child.stop()
        assert not child.running
        return await child.wait(), processes

    code, processes = run(stop())
    assert code == -signal.SIGTERM & 0xFF
    assert not psutil.wait_procs(processes, timeout=10)[1]


def test_what_has_ended_can_be_stopped(run: Run[Any], server: ForkServer, tmp_path: Path) -> None:
    async def stop() -> int:
        child = await fork(server, tmp_path, "raise SystemExit(3)")
        await child.wait()
        await child.stop()
        return await child.wait()

    assert run(stop()) == 3


def test_ends_with_its_launcher(run: Run[Any], server: ForkServer, tmp_path: Path) -> None:
    async def kill() -> tuple[int, list[psutil.Process]]:
        child = await fork(server, tmp_path, FAMILY)
        launcher, script, orphan = await asyncio.to_thread(family, tmp_path / "log.txt")
        launcher.kill()
        orphan.kill()
        return await child.wait(), [launcher, script]

    code, processes = run(kill())
    assert code == 128 + signal.SIGKILL
    assert not psutil.wait_procs(processes, timeout=10)[1]


def test_goes_on_without_the_template(run: Run[Any], server: ForkServer, tmp_path: Path) -> None:
    """A script outlives the template; the next one gets another."""
    source = (
        "import os, sys; print(os.getpgid(os.getppid()), flush=True); sys.stdin.read(); import time; time.sleep(0.5)"
    )

    async def kill() -> list[int]:
        child = await fork(server, tmp_path, source)
        template = server._template
        assert template is not None
        template.kill()
        await template.wait()
        return [await child.wait(), await (await fork(server, tmp_path, WHICH)).wait()]

    assert run(kill()) == [0, 0]
    assert (tmp_path / "log.txt").read_text() == "True\n"


def template_at(theirs: socket.socket) -> list[str]:
    return [sys.executable, str(DRIVER.with_name("template.py")), str(theirs.fileno()), str(DRIVER), "runs"]


def test_emulator_that_has_gone_before_the_template_is_ready() -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    with theirs:
        ended = subprocess.run(template_at(theirs), pass_fds=(theirs.fileno(),), capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_emulator_that_goes_before_it_has_read_that_the_template_is_ready() -> None:
    ours, theirs = socket.socketpair()
    with subprocess.Popen(template_at(theirs), pass_fds=(theirs.fileno(),), stderr=subprocess.PIPE) as template:
        theirs.close()
        ours.recv(1, socket.MSG_PEEK)
        ours.close()
        _, said = template.communicate(timeout=60)
    assert (template.returncode, said) == (0, b"")


def test_packages_that_changed(run: Run[Any], tmp_path: Path) -> None:
    """The script that finds them newer than the template gets a fresh interpreter, the next one a new template."""
    package = tmp_path / "packages" / "six.py"
    found = find_spec("six")
    assert found is not None
    package.parent.mkdir()
    package.write_text(Path(str(found.origin)).read_text())
    environment = ENVIRONMENT | {"PYTHONPATH": str(package.parent)}

    async def twice() -> list[str]:
        said = []
        server = ForkServer("runs", environment)
        try:
            await server.prepare()
            os.utime(package, (1, 1))
            for _ in range(2):
                child = await fork(server, tmp_path, WHICH, PYTHONPATH=environment["PYTHONPATH"])
                assert await child.wait() == 0
                said.append((tmp_path / "log.txt").read_text())
        finally:
            await server.close()
        return said

    assert run(twice()) == ["False\n", "True\n"]
