"""The real inference server, with small entry scripts of our own in place of scoring/score.py."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import requests

from config.errors import ModelError
from steps.validation.inference_server import InferenceServer

ROOT = Path(__file__).resolve().parents[4]
ECHO = """
import os, tempfile
from azureml.contrib.services.aml_request import rawhttp
from azureml.contrib.services.aml_response import AMLResponse
def init():
    tempfile.mkdtemp()
    print("warm")
@rawhttp
def run(request):
    return AMLResponse(os.environ["GREETING"] + " from " + os.environ["AZUREML_MODEL_DIR"], 200)
"""


def server(
    folder: Path, script: str, deadline: float = 60, meanwhile: Callable[[], None] | None = None
) -> InferenceServer:
    (folder / "scoring").mkdir()
    (folder / "scoring" / "score.py").write_text(script)
    variables = {"GREETING": "hello"}
    return InferenceServer(
        folder, folder / "m" / "1", variables, deadline=deadline, log=folder / "log", meanwhile=meanwhile
    )


def processes_with(folder: Path) -> list[psutil.Process]:
    """Processes whose working directory is ``folder``: the server, its workers, and nothing else."""
    listed = psutil.process_iter(["cwd", "status"])
    running = [process for process in listed if process.info["status"] != psutil.STATUS_ZOMBIE]
    return [process for process in running if process.info["cwd"] == str(folder)]


def wait_until_gone(folder: Path) -> None:
    deadline = time.monotonic() + 30
    while processes_with(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_with(folder) == []


def test_it_serves_on_loopback_alone_and_leaves_nothing_behind(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    with server(tmp_path, ECHO) as running:
        response = requests.post(running.scoring_uri, data=b"x", timeout=30)
        listening = {
            connection.laddr.ip
            for process in processes_with(tmp_path)
            for connection in process.net_connections()
            if connection.status == psutil.CONN_LISTEN
        }

    assert response.text == f"hello from {tmp_path / 'm' / '1'}"
    assert listening == {"127.0.0.1"}
    assert running.startup_seconds > 0
    assert "warm" in running.log.read_text()
    wait_until_gone(tmp_path)
    assert list(temporary.iterdir()) == []


def test_two_run_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with server(tmp_path / "a", ECHO) as one, server(tmp_path / "b", ECHO) as other:
        assert one.scoring_uri != other.scoring_uri
        assert requests.post(one.scoring_uri, timeout=30).ok
        assert requests.post(other.scoring_uri, timeout=30).ok


def test_a_failing_init_is_told_with_its_reason(tmp_path: Path) -> None:
    script = ECHO.replace('print("warm")', 'raise RuntimeError("no GPU on this machine")')

    with pytest.raises(ModelError) as caught, server(tmp_path, script):
        pytest.fail("it started")

    assert str(caught.value) == "the inference server ended while starting: RuntimeError: no GPU on this machine"
    wait_until_gone(tmp_path)


def test_what_is_done_while_it_starts_has_ended_before_it_is_asked(tmp_path: Path) -> None:
    seen: list[int] = []

    def work() -> None:
        seen.append(len(processes_with(tmp_path)))
        time.sleep(0.2)
        seen.append(len(processes_with(tmp_path)))

    with server(tmp_path, ECHO, meanwhile=work) as running:
        assert len(seen) == 2
        assert all(seen)
        assert requests.post(running.scoring_uri, timeout=30).ok
    wait_until_gone(tmp_path)


@pytest.mark.parametrize(
    ("script", "error", "said"),
    [
        (ECHO, ZeroDivisionError, "division"),
        ("import nowhere\n" + ECHO, ModelError, "ended while starting: ModuleNotFoundError"),
    ],
)
def test_what_fails_while_it_starts_is_told_after_why_it_did_not_start(
    tmp_path: Path, script: str, error: type[Exception], said: str
) -> None:
    def work() -> None:
        _ = 1 / 0

    with pytest.raises(error, match=said):
        server(tmp_path, script, meanwhile=work).__enter__()
    wait_until_gone(tmp_path)


def test_a_script_that_can_not_be_imported_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"ended while starting: ModuleNotFoundError: .*nowhere"):
        server(tmp_path, "import nowhere\n" + ECHO).__enter__()
    wait_until_gone(tmp_path)


def test_an_init_without_end_meets_the_deadline(tmp_path: Path) -> None:
    script = ECHO.replace('print("warm")', "import time; time.sleep(600)")

    with pytest.raises(ModelError, match=r"wasn't healthy after 4 s"):
        server(tmp_path, script, deadline=4).__enter__()
    wait_until_gone(tmp_path)


def test_an_exception_in_the_block_ends_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), server(tmp_path, ECHO):
        _ = 1 / 0
    wait_until_gone(tmp_path)


UP = "print('up', flush=True); import time; time.sleep(600)"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
@pytest.mark.parametrize(("meanwhile", "block"), [("None", UP), ("work", "pass")])
def test_it_ends_when_its_parent_is_killed(tmp_path: Path, meanwhile: str, block: str) -> None:
    (tmp_path / "scoring").mkdir()
    (tmp_path / "scoring" / "score.py").write_text(ECHO)
    program = (
        "from pathlib import Path; from steps.validation.inference_server import InferenceServer\n"
        f"def work():\n    {UP}\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "log = folder / 'log'\n"
        f"with InferenceServer(folder, folder, {{'GREETING': ''}}, deadline=60, log=log, meanwhile={meanwhile}):\n"
        f"    {block}\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        assert processes_with(tmp_path)
        os.kill(parent.pid, signal.SIGKILL)
    wait_until_gone(tmp_path)
