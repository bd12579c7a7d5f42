"""Virtual environments for environments, with packages from a folder in the place of an index."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from azureml_emulator.errors import BadRequest
from azureml_emulator.execution.interpreters.interpreters import Interpreter, Interpreters
from azureml_emulator.execution.interpreters.mode import Mode
from azureml_emulator.wire import Document

METADATA = "Metadata-Version: 2.1\nName: amlgpu-test-package\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A folder with one wheel."""
    folder = tmp_path / "index"
    folder.mkdir()
    info = "amlgpu_test_package-1.0.dist-info"
    with ZipFile(folder / "amlgpu_test_package-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("amlgpu_test_package.py", "WHERE = 'here'\n")
        wheel.writestr(f"{info}/METADATA", METADATA)
        wheel.writestr(f"{info}/WHEEL", WHEEL)
        wheel.writestr(f"{info}/RECORD", "")
    return folder


def environment(*pip: str, python: str = "") -> Document:
    dependencies = [*([f"python={python}"] if python else []), {"pip": list(pip)}]
    return {"name": "train", "python": {"condaDependencies": {"dependencies": dependencies}}}


def test_virtual_environment(tmp_path: Path, index: Path) -> None:
    """Built once for all that ask at the same time, and kept; without the packages of the emulator."""
    wanted = environment("--no-index", f"--find-links {index}", "amlgpu-test-package==1.0", python="2.7")

    async def prepare() -> list[Interpreter]:
        interpreters = Interpreters(tmp_path / "environments", Mode.VENV)
        return await asyncio.gather(*(interpreters.prepare(wanted) for _ in range(2)))

    first, second = asyncio.run(prepare())
    assert first == second
    assert "Python 2.7 is declared" in first.note
    (folder,) = (tmp_path / "environments").iterdir()
    built = (folder / "complete").stat().st_mtime_ns
    source = "import amlgpu_test_package, importlib.util as u; print(u.find_spec('starlette'))"
    said = subprocess.run([first.python, "-c", source], capture_output=True, text=True, check=True).stdout
    assert said == "None\n"
    assert asyncio.run(prepare())[0] == first
    assert (folder / "complete").stat().st_mtime_ns == built


def test_what_cannot_be_built(tmp_path: Path) -> None:
    interpreters = Interpreters(tmp_path / "environments", Mode.VENV)
    with pytest.raises(BadRequest, match=r"(?s)'train' could not be built .*No matching distribution found"):
        asyncio.run(interpreters.prepare(environment("--no-index", "amlgpu-test-package")))


def test_strict(tmp_path: Path) -> None:
    interpreters = Interpreters(tmp_path / "environments", Mode.STRICT)
    with pytest.raises(BadRequest, match=r"'train' is not .*: Python 2.7 is declared, .*; nothing-like-it \(not inst"):
        asyncio.run(interpreters.prepare(environment("requests", "nothing-like-it", python="2.7")))
    assert asyncio.run(interpreters.prepare(environment("requests"))) == Interpreter(sys.executable, "")


def test_managed_by_the_user(tmp_path: Path) -> None:
    interpreters = Interpreters(tmp_path / "environments", Mode.STRICT)
    managed = {"python": {"userManagedDependencies": True} | environment("nothing-like-it")["python"]}
    assert asyncio.run(interpreters.prepare(managed)) == Interpreter(sys.executable, "")


def test_build_that_nobody_waits_for(tmp_path: Path) -> None:
    """As that of a run which is canceled: pip, which hangs here, is ended."""

    async def run(silent: socket.socket) -> bytes:
        index = f"--index-url http://127.0.0.1:{silent.getsockname()[1]}/"
        interpreters = Interpreters(tmp_path / "environments", Mode.VENV)
        building = asyncio.create_task(interpreters.prepare(environment(index, "amlgpu-test-package")))
        loop = asyncio.get_running_loop()
        connection, _ = await asyncio.wait_for(loop.sock_accept(silent), 60)
        building.cancel()
        with pytest.raises(asyncio.CancelledError):
            await building
        with connection:
            connection.setblocking(False)
            while await asyncio.wait_for(loop.sock_recv(connection, 4096), 30):
                pass  # the request
        return b"ended"

    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        assert asyncio.run(run(silent)) == b"ended"
