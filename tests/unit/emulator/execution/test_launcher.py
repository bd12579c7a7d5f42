"""The launcher of steps and servers: nothing of what it launched outlives it."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from azureml_emulator.execution import launcher

LAUNCHER = Path(launcher.__file__)
DETACHED = """
import subprocess, sys, time
from pathlib import Path
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
print(subprocess.Popen(sleep, start_new_session=True, stdout=subprocess.DEVNULL).pid, flush=True)
while not Path({go!r}).exists():
    time.sleep(0.01)
sys.exit(3)
"""


def launch(go: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-I", str(LAUNCHER), sys.executable, "-c", DETACHED.format(go=str(go))]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


LEAVES = """
import os, signal, tempfile
print(tempfile.mkdtemp(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_temporary_files_go_with_what_was_launched(tmp_path: Path) -> None:
    command = [sys.executable, "-I", str(LAUNCHER), sys.executable, "-c", LEAVES]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as launched:
        assert launched.stdout is not None
        left = Path(launched.stdout.readline().strip())
        launched.wait(30)
    assert left.parent.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("base", ["not/there", "file"])
def test_where_no_folder_can_be_made_temporary_files_are_the_commands_own_matter(tmp_path: Path, base: str) -> None:
    (tmp_path / "file").touch()
    variables = {"TMPDIR": str(tmp_path / base)}
    assert launcher.temporary_folder(variables) is None
    assert variables == {"TMPDIR": str(tmp_path / base)}


def test_a_relative_folder_is_the_same_wherever_the_command_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert launcher.temporary_folder(variables := {"TMPDIR": "."})
    monkeypatch.chdir("/")
    assert Path(variables["TMPDIR"]).parent == tmp_path
    assert Path(variables["TMPDIR"]).is_dir()
    assert launcher.temporary_folder(variables := {"TMPDIR": "."}, str(tmp_path))
    assert Path(variables["TMPDIR"]).parent == tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to the launcher")
@pytest.mark.parametrize("is_killed", [False, True], ids=["ends by itself", "parent goes away"])
def test_what_left_the_process_group_is_ended_too(is_killed: bool, tmp_path: Path) -> None:
    launcher = launch(tmp_path / "go")
    assert launcher.stdout is not None
    assert launcher.stdin is not None
    detached = psutil.Process(int(launcher.stdout.readline()))
    try:
        if is_killed:
            launcher.stdin.close()
        else:
            (tmp_path / "go").touch()
        assert (launcher.wait(30) == 3) is not is_killed
        assert not detached.is_running()
    finally:
        with suppress(psutil.NoSuchProcess):
            detached.kill()
