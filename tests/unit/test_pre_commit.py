"""The hooks before a commit are what `make lint` runs: by the same programs, over the same files."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / ".pre-commit-config.yaml"


def test_the_configuration_is_one_that_pre_commit_takes() -> None:
    command: list[str | Path] = [Path(sys.executable).with_name("pre-commit"), "validate-config", CONFIG]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_hooks_are_the_commands_of_make_lint() -> None:
    makefile = (ROOT / "Makefile").read_text().replace("$(BIN)", ".venv/bin")
    recipes = [re.split(rf"\n{target}: .*\n", makefile)[1].partition("\n\n")[0] for target in ("lint", "types")]
    lint = [line.removeprefix("\t@") for line in "\n".join(recipes).splitlines() if "$(MAKE)" not in line]
    assert len(lint) >= 3
    hooks = [hook for repo in yaml.safe_load(CONFIG.read_text())["repos"] for hook in repo["hooks"]]
    assert [hook["entry"] for hook in hooks] == lint
    # All files, as there: a hook that is handed the changed ones alone misses what they break elsewhere.
    assert {(hook["language"], hook["pass_filenames"]) for hook in hooks} == {("system", False)}
