"""Real repositories, beside one that the shell's variables name as git's hooks do."""

import os
import subprocess
from pathlib import Path

import pytest

from pipelines.source import checkout
from pipelines.source.checkout import UNKNOWN, Commit, source_commit

A_FILE = "scoring/score.py"


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *who, *arguments]
    ran = subprocess.run(command, cwd=folder, env=outside, check=True, capture_output=True, text=True)
    return ran.stdout.strip()


def make_repository(folder: Path, *files: str) -> str:
    """The commit of a new repository that holds the files."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("one")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "one")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the code lies that runs."""
    folder = tmp_path / "code"
    folder.mkdir()
    monkeypatch.setattr(checkout, "ROOT", folder)
    return folder


def test_a_hook_of_another_repository_does_not_change_whose_commit_it_is(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours = make_repository(root, ".amlignore", A_FILE)
    make_repository(tmp_path / "other", ".amlignore", "b")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other" / ".git" / "index"))

    assert source_commit() == Commit(ours)


@pytest.mark.parametrize("file", [A_FILE, "config/services/new.yml"], ids=["changed", "new"])
def test_code_that_no_commit_holds_is_said(root: Path, file: str) -> None:
    ours = make_repository(root, ".amlignore", A_FILE)
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text("two")

    assert source_commit() == Commit(f"{ours}-dirty")


def test_code_that_git_ignores_is_said(root: Path) -> None:
    ours = make_repository(root, ".amlignore", A_FILE)
    (root / ".git" / "info" / "exclude").write_text("*.local.py\n")
    (root / "scoring" / "mine.local.py").touch()

    assert source_commit() == Commit(f"{ours}-dirty")


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_code_that_git_is_told_to_pass_over_is_said(root: Path, flag: str) -> None:
    ours = make_repository(root, ".amlignore", A_FILE)
    git(root, "update-index", flag, A_FILE)
    (root / A_FILE).write_text("two")

    assert source_commit() == Commit(f"{ours}-dirty")


def test_nothing_is_started_that_the_repository_names(root: Path, tmp_path: Path) -> None:
    ours = make_repository(root, ".amlignore", A_FILE)
    git(root, "config", "filter.x.clean", f"touch {tmp_path / 'started'}; cat")
    (root / ".git" / "info" / "attributes").write_text("* filter=x\n")
    (root / A_FILE).touch()

    assert source_commit() == Commit(ours)
    assert not (tmp_path / "started").exists()


def test_in_a_folder_of_a_larger_repository_the_code_has_its_commit(root: Path) -> None:
    (root / "scoring").mkdir()
    (root / A_FILE).write_text("one")
    (root / ".amlignore").touch()
    ours = make_repository(root.parent, "notes.txt")

    assert source_commit() == Commit(ours)


def test_what_is_no_code_does_not_make_it_dirty(root: Path) -> None:
    ours = make_repository(root, ".amlignore", A_FILE, "README.md")
    (root / "README.md").write_text("two")
    (root / "model").mkdir()
    (root / "model" / "saved_model.pb").touch()

    assert source_commit() == Commit(ours)


def test_a_checkout_of_another_owner_has_a_commit(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = make_repository(root, ".amlignore", A_FILE)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # as git's own tests do

    assert source_commit() == Commit(ours)


def test_a_folder_in_another_repository_has_no_commit(root: Path) -> None:
    make_repository(root.parent, "notes.txt")
    (root / ".amlignore").touch()

    assert source_commit() == Commit(UNKNOWN, f"no git repository holds {root}")


def test_outside_of_any_repository_git_says_why(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / ".amlignore").touch()

    found = source_commit()

    assert found.name == UNKNOWN
    assert found.unknown_because is not None
    assert "not a git repository" in found.unknown_because


def test_without_git_the_commit_is_unknown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert source_commit() == Commit(UNKNOWN, "git isn't installed")
