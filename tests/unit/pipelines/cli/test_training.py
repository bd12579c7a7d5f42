import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
SCRIPT = """
import os
from pipelines.cli.verbs.training import QUIET, quiet_tensorflow

def seen():
    return {name: os.environ.get(name) for name in sorted(QUIET)}

with quiet_tensorflow():
    import tensorflow as tf
    print(seen())
print(seen())
tf.constant(1)
"""


def test_tensorflow_greets_nobody_and_what_the_user_set_is_kept() -> None:
    """In a process of its own, whose terminal TensorFlow's libraries write to while they are loaded."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    users = {"TF_CPP_MIN_LOG_LEVEL": "1"}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=ROOT, env=plain | users, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == [
        "{'TF_CPP_MIN_LOG_LEVEL': '1', 'TF_ENABLE_ONEDNN_OPTS': '0'}",
        "{'TF_CPP_MIN_LOG_LEVEL': '1', 'TF_ENABLE_ONEDNN_OPTS': None}",
    ]
    assert not done.stderr
