"""What is done about a registered version whose files somebody changed, also one whose hash isn't its property."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from config.errors import NotBlessedError, TamperedError
from scoring.hashing.version_hash import VARIABLE, version_hash
from steps.artifacts.verdict import Verdict
from tests.integration.steps.releasing import candidate_of, verdict_of
from workspaces.environments import Environment
from workspaces.models import ModelVersion

if TYPE_CHECKING:
    from workspaces.v1.workspace import V1Workspace

NAME = "changed-version"
ENVIRONMENT = Environment("echo", "FROM python\n", "dependencies: [python=3.11]\n", {"ECHO_GREETING": "hello"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What is registered, of a content of its own."""
    (tmp_path / "version" / "model").mkdir(parents=True)
    (tmp_path / "version" / "model" / "saved_model.pb").write_text(f"a graph {uuid4()}")
    (tmp_path / "version" / "contract.json").write_text("{}")
    return tmp_path / "version"


@pytest.fixture
def change(local_workspace_folder: Path, folder: Path) -> Callable[[str], None]:
    """Changes a file of the registered version, as whoever may write to the storage can."""

    def write(name: str) -> None:
        graph = (folder / "model" / "saved_model.pb").read_bytes()
        blobs = (local_workspace_folder / "blobs").rglob("saved_model.pb")
        (version,) = (blob.parents[1] for blob in blobs if blob.read_bytes() == graph)
        (version / name).write_text(f"another {uuid4()}")

    return write


def verdict(version: ModelVersion, hashed: str | None) -> Verdict:
    return verdict_of(candidate_of(version, "run-1")).model_copy(update={"version_hash": hashed})


@pytest.mark.parametrize("name", ["model/saved_model.pb", "contract.json"])
def test_files_that_were_changed_after_registration_are_not_used(
    port: V1Workspace, folder: Path, change: Callable[[str], None], tmp_path: Path, name: str
) -> None:
    from steps.registration.versions import download_version, find_version, register

    made = register(port, NAME, folder, {"content_hash": "x"})
    assert made.properties == {"version_hash": version_hash(tmp_path)}
    assert find_version(port, NAME, made.version) == made
    assert download_version(port, made, tmp_path / "as it was").is_dir()
    change(name)

    with pytest.raises(TamperedError, match=r"changed-version:\d+: its registered files have the hash .* changed them"):
        download_version(port, made, tmp_path / "changed")


def test_files_that_were_changed_after_validation_are_not_deployed(
    port: V1Workspace, folder: Path, change: Callable[[str], None], tmp_path: Path
) -> None:
    """Also of a version from before its hash was a property."""
    from steps.deploy_service import variables_of

    made = port.models.register(NAME, folder, {})
    validated = version_hash(tmp_path)
    given = variables_of(port, made, verdict(made, validated), ENVIRONMENT)
    assert given == {"ECHO_GREETING": "hello", VARIABLE: validated}
    change("contract.json")

    with pytest.raises(TamperedError, match=f"the validated ones had {validated}: somebody changed them"):
        variables_of(port, made, verdict(made, validated), ENVIRONMENT)
    with pytest.raises(NotBlessedError, match="the verdict doesn't say which files"):
        variables_of(port, made, verdict(made, None), ENVIRONMENT)
    shutil.rmtree(folder)
