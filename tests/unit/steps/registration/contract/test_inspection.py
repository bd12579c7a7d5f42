"""Looking in a process of its own: what becomes of it never becomes of us."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf

from steps.registration.contract import child_process
from steps.registration.contract.child_process import ANSWER, REQUEST, ROOT, START
from steps.registration.contract.findings import Said
from steps.registration.contract.inspection import CHILD, Request, inspect
from tests.zoo import tf_modules


def test_what_takes_tensorflow_down_is_an_obstacle(tmp_path: Path) -> None:
    tf_modules.crash(tmp_path / "model")

    (obstacle,) = inspect(tmp_path / "model", Said()).obstacles

    assert obstacle.where == "the model"
    assert "ended by SIGABRT" in obstacle.what
    assert "no such GPU" in obstacle.what


def test_a_model_that_takes_too_long_is_an_obstacle(tmp_path: Path) -> None:
    tf_modules.jpeg(tmp_path / "model")

    (obstacle,) = inspect(tmp_path / "model", Said(), time_limit=0.01).obstacles

    assert "it wasn't done in 0.01 seconds" in obstacle.what


def test_a_process_that_dies_before_it_is_asked_is_an_obstacle(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(child_process, "START", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")

    # More than a pipe holds.
    (obstacle,) = inspect(tmp_path / "model", Said(), [f"class {number}" for number in range(20_000)]).obstacles

    assert "ended by SIGKILL, as where memory runs out" in obstacle.what


def test_a_process_that_ends_without_an_answer_is_one_too(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(child_process, "START", "")

    (obstacle,) = inspect(tmp_path / "model", Said()).obstacles

    assert "its process ended without an answer" in obstacle.what


def test_the_process_ends_with_the_one_that_asked(tmp_path: Path) -> None:
    def serve(x: Any) -> dict[str, Any]:
        (y,) = tf.while_loop(lambda y: tf.reduce_all(y < 2), lambda y: (y * 1,), (x,))
        return {"y": y}

    tf_modules.save(tmp_path / "model", serve, tf.TensorSpec([None, 3], name="x"))
    said = Said()
    (tmp_path / REQUEST).write_text(
        Request(
            saved_model=tmp_path / "model",
            input=said.input,
            task=said.task,
            labels=(),
            validation=None,
            data_checked=True,
        ).model_dump_json()
    )
    command = [
        sys.executable,
        "-c",
        START.replace("{module}", CHILD),
        json.dumps([str(ROOT), *sys.path]),
        str(tmp_path),
    ]

    # Its standard input ends, as it does with the process that holds the other end.
    ended = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=120)

    assert ended.returncode == 1
    assert not (tmp_path / ANSWER).exists()


def test_it_sees_what_this_process_sees_and_not_the_folder_it_is_called_in(tmp_path: Path, monkeypatch: Any) -> None:
    tf_modules.jpeg(tmp_path / "model")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "__init__.py").write_text("raise SystemExit('another project')")
    monkeypatch.chdir(tmp_path)

    found = inspect(Path("model"), Said())

    assert found.contract is not None
    assert found.classes == 3
    assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ
