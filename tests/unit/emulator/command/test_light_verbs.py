"""Verbs that only ask a workspace which runs don't load what a workspace is made of."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from azureml_emulator.command.verbs import main
try:
    main(["VERB", "--state", sys.argv[1]])
except SystemExit:
    pass
print([name for name in sys.modules if name.startswith("azureml_emulator.azure")], file=sys.stderr)
"""


@pytest.mark.parametrize("verb", ["status", "studio", "down"])
def test_a_light_verb(verb: str, tmp_path: object) -> None:
    command = [sys.executable, "-c", PROGRAM.replace("VERB", verb), str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stderr
    assert said.splitlines()[-1] == "[]"
