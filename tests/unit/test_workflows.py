"""GitHub reads these files only after a push: here they are checked against its schemas and for known weaknesses."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

GITHUB = Path(__file__).parents[2] / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
ACTIONS = sorted(GITHUB.glob("actions/*/action.yml"))


def run(*command: str | Path) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("schema", "files"),
    [("github-workflows", WORKFLOWS), ("github-actions", ACTIONS), ("dependabot", [GITHUB / "dependabot.yml"])],
)
def test_files_pass_their_schema(schema: str, files: list[Path]) -> None:
    assert files
    run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *files)


def test_zizmor_finds_nothing() -> None:
    run(Path(sys.executable).with_name("zizmor"), "--offline", "--no-progress", "--quiet", GITHUB)


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=lambda file: str(file.relative_to(GITHUB)))
def test_actions_are_pinned_and_no_secret_is_read(file: Path) -> None:
    text = file.read_text()
    assert "secrets" not in text
    for uses in re.findall(r"uses: (.*)", text):
        assert uses.startswith("$/") or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", uses), uses
