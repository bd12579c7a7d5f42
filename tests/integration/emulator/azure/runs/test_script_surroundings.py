"""What a script finds around it, and what it may leave: no stricter than a node of Azure is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.emulator.waiting import until

if TYPE_CHECKING:
    from azureml.core import Experiment, Run, ScriptRunConfig

Files = dict[str, str | bytes]
Configure = Callable[..., "ScriptRunConfig"]
LOOK = """
import json, os, subprocess, sys
import beside, common.names
print("seen " + json.dumps({
    "imported": [beside.NAME, common.names.NAME],
    "folders": [os.path.isdir("outputs"), os.path.isdir("logs")],
    "ran": subprocess.run(["./tools/greet me.sh"], capture_output=True, text=True).stdout,
    "modes": [os.access(name, os.X_OK) for name in ("tools/greet me.sh", "common/names.py")],
    "arguments": sys.argv[1:],
    "script": sys.argv[0],
    "variables": [os.environ.get(name) for name in ("EMPTY", "SPACED", "NUMBER", "NONE")],
}))
"""
LEAVE = """
import os, pathlib, subprocess, sys, threading, time
from azureml.core import Run
run = Run.get_context()
pathlib.Path("outputs", "sound.txt").write_text("s")
with open(os.path.join(b"outputs", b"caf\\xe9.txt"), "wb") as file:
    file.write(b"latin")
os.symlink("/nowhere", "outputs/dangling")
os.symlink(".", "outputs/loop")
os.mkfifo("outputs/pipe")
pathlib.Path("outputs/secret").write_text("x")
os.chmod("outputs/secret", 0)
pathlib.Path("logs/own.log").write_text("own")
pathlib.Path("watched").mkdir()
pathlib.Path("watched/own.csv").write_text("own")
subprocess.Popen(["sleep", "600"], start_new_session=True)
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
os.write(1, b"\\xff\\xfe\\x00 binary\\n")
print("y" * 3_000_000)
"""


@pytest.fixture
def configure(compute: str, tmp_path: Path) -> Configure:
    """A configuration of a folder with these files: `configure({"train.py": "print()"}, script="train.py")`."""
    from azureml.core import Environment, ScriptRunConfig

    folder = tmp_path / "source"
    environment = Environment("scripts")
    environment.python.user_managed_dependencies = True

    def make(files: Files, **options: Any) -> ScriptRunConfig:
        for name, content in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        options = {"source_directory": str(folder), "compute_target": compute, "environment": environment} | options
        return ScriptRunConfig(**options)

    return make


def log(run: Run) -> str:
    return "\n".join(text for name, text in run.get_details_with_logs()["logFiles"].items() if "std_log" in name)


def ended(run: Run) -> str:
    return str(until(lambda: run.get_status() in ("Completed", "Failed", "Canceled") and run.get_status(), "an end"))


def test_surroundings(experiment: Experiment, configure: Configure) -> None:
    files: Files = {
        "deep er/trän.py": LOOK,
        "deep er/beside.py": "NAME = 'beside'",
        "common/names.py": "NAME = 'root'",
        "tools/greet me.sh": "#!/bin/sh\necho greeted\n",
        ".amlignore": "unwanted\n",
        "unwanted/broken.txt": "x",
    }
    source = configure(files, script="deep er/trän.py", arguments=["--empty", "", "--text", "ä 'b\" $HOME", "*"])
    (Path(source.source_directory) / "tools" / "greet me.sh").chmod(0o755)
    source.run_config.environment_variables = {"EMPTY": "", "SPACED": " a b ", "NUMBER": 1, "NONE": None}
    run = experiment.submit(source)
    assert ended(run) == "Completed", log(run)
    seen = json.loads(log(run).partition("seen ")[2])
    assert seen == {
        "imported": ["beside", "root"],
        "folders": [True, True],
        "ran": "greeted\n",
        "modes": [True, False],
        "arguments": ["--empty", "", "--text", "ä 'b\" $HOME", "*"],
        "script": "deep er/trän.py",
        "variables": ["", " a b ", "1", None],
    }


def test_what_is_left(experiment: Experiment, configure: Configure) -> None:
    source = configure({"train.py": LEAVE}, script="train.py")
    source.run_config.history.directories_to_watch = ["logs", "./watched/", "/etc", "../.."]
    run = experiment.submit(source)
    assert ended(run) == "Completed", log(run)
    names = run.get_file_names()
    assert {"outputs/sound.txt", "logs/own.log", "outputs/caf\\xe9.txt", "watched/own.csv"} <= set(names)
    assert not [name for name in names if "dangling" in name or "pipe" in name or "loop" in name]
    said = log(run)
    assert said.count("y") >= 3_000_000


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("import sys; sys.exit(0)", "Completed"),
        ("import os, shutil; shutil.rmtree(os.getcwd())", "Completed"),
        ("import os; os.chdir('/'); print('outside')", "Completed"),
        ("import os; os.close(1); os.close(2)", "Completed"),
        ("import os; os._exit(0)", "Completed"),
        ("import os; os._exit(3)", "Failed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "Failed"),
        ("import sys; sys.exit('no data')", "Failed"),
        ("def broken(:", "Failed"),
    ],
)
def test_ends(experiment: Experiment, configure: Configure, source: str, status: str) -> None:
    run = experiment.submit(configure({"train.py": source}, script="train.py"))
    assert ended(run) == status, log(run)


def test_traceback(experiment: Experiment, configure: Configure) -> None:
    files: Files = {
        "train.py": "import helper\nhelper.work()\n",
        "helper.py": "def work():\n    raise ValueError('no')\n",
    }
    run = experiment.submit(configure(files, script="train.py"))
    assert ended(run) == "Failed"
    lines = log(run).splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    frames = [line.strip() for line in lines if line.strip().startswith("File ")]
    assert [Path(frame.split('"')[1]).name + frame.rpartition('"')[2] for frame in frames] == [
        "train.py, line 2, in <module>",
        "helper.py, line 2, in work",
    ]
    assert lines[-1] == "ValueError: no"
