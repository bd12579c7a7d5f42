import subprocess
import sys

import pytest

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


FIRST = """
import sys
from pathlib import Path
sys.modules["scoring.model.lean_tensorflow"] = None
from steps.registration import saved_model, versions
from steps.validation import parity
try:
    CALL
except ModuleNotFoundError as missing:
    assert "lean_tensorflow" in str(missing), missing
else:
    raise AssertionError("it did without")
assert "tensorflow" not in sys.modules
"""


@pytest.mark.parametrize(
    "call",
    [
        "saved_model.freeze(Path('none'))",
        "saved_model.check_start(Path('none'), None, b'')",
        "parity.original_answers(Path('none'), None, [])",
        "versions.contract_in(Path('none'))",
        "import steps.registration.contract.looking",
    ],
)
def test_a_step_imports_it_before_what_imports_tensorflow(call: str) -> None:
    program = FIRST.replace("CALL", call)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
