"""GitHub reads these files only after a push: here they are checked against its schemas and for known weaknesses."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

GITHUB = Path(__file__).parents[2] / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
ACTIONS = sorted(GITHUB.glob("actions/*/action.yml"))


def run(*command: str | Path) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def jobs_of(file: Path) -> dict[str, Any]:
    jobs: dict[str, Any] = yaml.safe_load(file.read_text())["jobs"]
    return jobs


@pytest.mark.parametrize(
    ("schema", "files"),
    [("github-workflows", WORKFLOWS), ("github-actions", ACTIONS), ("dependabot", [GITHUB / "dependabot.yml"])],
)
def test_files_pass_their_schema(schema: str, files: list[Path]) -> None:
    assert files
    run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *files)


def test_what_an_enterprise_server_needs_leaves_valid_files(tmp_path: Path) -> None:
    page = (GITHUB.parent / "docs" / "github.md").read_text()
    (command,) = re.findall(r"sed -i .*", page)
    shutil.copytree(GITHUB, tmp_path / ".github")
    subprocess.run(["/bin/bash", "-c", command], cwd=tmp_path, check=True)
    changed = sorted(tmp_path.glob(".github/workflows/*.yml"))
    assert not [file for file in changed if "$/" in file.read_text()]
    run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", *changed)
    for job in (job for file in changed for job in jobs_of(file).values()):
        used = [step.get("uses", "") for step in job.get("steps", [])]
        here = [number for number, name in enumerate(used) if name.startswith("./")]
        assert not here or used[0].startswith("actions/checkout@"), "what lies here has to be checked out first"


def test_zizmor_finds_nothing() -> None:
    run(Path(sys.executable).with_name("zizmor"), "--offline", "--no-progress", "--quiet", GITHUB)


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=lambda file: str(file.relative_to(GITHUB)))
def test_actions_are_pinned_and_no_secret_is_read(file: Path) -> None:
    text = file.read_text()
    assert "secrets" not in text
    for uses in re.findall(r"uses: (.*)", text):
        assert uses.startswith("$/") or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", uses), uses


ALLOWED = {("contents", "read"), ("actions", "read"), ("id-token", "write")}
"""A token of OIDC is no right in the repository: it says who asks."""


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_no_job_may_write_to_the_repository(file: Path) -> None:
    assert yaml.safe_load(file.read_text())["permissions"] == {}
    for job in jobs_of(file).values():
        assert set(job["permissions"].items()) <= ALLOWED


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_sign_in_is_that_of_an_environment(file: Path) -> None:
    for job in jobs_of(file).values():
        signs_in = job["permissions"].get("id-token") == "write" and "uses" not in job
        assert signs_in is ("environment" in job)


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=lambda file: str(file.relative_to(GITHUB)))
def test_no_script_holds_an_expression(file: Path) -> None:
    """Whoever writes its value would write the script."""
    content = yaml.safe_load(file.read_text())
    parts = content["jobs"].values() if "jobs" in content else [content["runs"]]
    scripts = [step["run"] for part in parts for step in part.get("steps", []) if "run" in step]
    assert not [script for script in scripts if "${{" in script]


def test_the_code_of_a_pull_request_gets_an_identity_that_only_reads() -> None:
    """PyYAML reads the key `on` as a boolean."""
    starts = {file: yaml.safe_load(file.read_text())[True] for file in WORKFLOWS}
    for file in (file for file, events in starts.items() if "pull_request" in events):
        assert {job.get("environment", "dev-follow") for job in jobs_of(file).values()} == {"dev-follow"}
    assert not [file for file, events in starts.items() if "pull_request_target" in events or "workflow_run" in events]


LISTED = """#!/bin/sh
echo "$*" >> called
echo '{"run_id": "a-run", "promoted_from": "/a/version"}'
"""
"""Stands for amlgpu."""


@pytest.mark.parametrize(("approved", "code"), [("/a/version", 0), ("/another/version", 1)])
def test_what_nobody_approved_is_not_promoted(tmp_path: Path, approved: str, code: int) -> None:
    steps = jobs_of(GITHUB / "workflows" / "promote.yml")["submit"]["steps"]
    (script,) = (step["run"] for step in steps if step.get("id") == "promote")
    amlgpu = tmp_path / ".venv" / "bin" / "amlgpu"
    amlgpu.parent.mkdir(parents=True)
    amlgpu.write_text(LISTED)
    amlgpu.chmod(0o755)
    given = {"PATH": os.environ["PATH"], "GITHUB_OUTPUT": "output", "APPROVED": approved, "VERSION": ""}

    ended = subprocess.run(["/bin/bash", "-eo", "pipefail", "-c", script], cwd=tmp_path, env=given, check=False)

    assert ended.returncode == code
    looked, *promoted = (tmp_path / "called").read_text().splitlines()
    assert looked == "promote --from dev --target prod --json --dry-run"
    assert promoted == ([] if code else ["promote --from dev --target prod --json"])
    told = tmp_path / ("summary.md" if code else "output")
    assert told.read_text().startswith("Nothing was promoted: dev has released" if code else "run_id=a-run")


def test_what_is_approved_is_what_was_shown() -> None:
    jobs = jobs_of(GITHUB / "workflows" / "promote.yml")
    (promote,) = (step for step in jobs["submit"]["steps"] if step.get("id") == "promote")
    assert promote["env"]["APPROVED"] == "${{ needs.look.outputs.promoted_from }}"
    assert jobs["look"]["outputs"] == {"promoted_from": "${{ steps.look.outputs.promoted_from }}"}
