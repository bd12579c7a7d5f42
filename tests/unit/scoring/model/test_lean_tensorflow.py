import subprocess
import sys

PROGRAM = """
import sys
import scoring.model.lean_tensorflow
assert "tensorflow" in sys.modules
assert not any(name.partition(".")[0] == "keras" for name in sys.modules)
import keras, tensorflow
assert tensorflow.keras.layers.Dense(1)(tensorflow.ones((1, 1))).shape == (1, 1)
"""


def test_keras_is_left_out_until_somebody_wants_it() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
