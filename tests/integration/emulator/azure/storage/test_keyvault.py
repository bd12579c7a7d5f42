"""The key vault of the workspace, and that its secrets stay in it."""

from __future__ import annotations

import stat
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from azureml_emulator.testing.answers import FILE as ANSWERS
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Keyvault, Workspace
    from azureml.pipeline.core import PipelineRun, StepRun

SECRET = "swordfish-7f3a9c"


@pytest.fixture
def vault(workspace: Workspace) -> Keyvault:
    """Empty."""
    vault = workspace.get_default_keyvault()
    vault.delete_secrets([secret["name"] for secret in vault.list_secrets()])
    return vault


def test_one_secret(vault: Keyvault) -> None:
    vault.set_secret("storage-key", "first")
    vault.set_secret("storage-key", SECRET)
    assert vault.get_secret("storage-key") == SECRET
    assert vault.list_secrets() == [{"name": "storage-key"}]
    vault.delete_secret("storage-key")
    assert vault.list_secrets() == []
    with pytest.raises(Exception, match="secret 'storage-key' not found in the key vault"):
        vault.get_secret("storage-key")


def test_several_secrets(vault: Keyvault) -> None:
    """Names are case-insensitive, as in Key Vault."""
    vault.set_secrets({"user": "ada", "password": SECRET})
    assert vault.get_secrets(["User", "password", "none"]) == {"User": "ada", "password": SECRET, "none": None}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("under_score", "x", "the secret name 'under_score' is not 1 to 127"), ("large", "x" * 30_000, "larger than")],
)
def test_what_key_vault_would_refuse(vault: Keyvault, name: str, value: str, said: str) -> None:
    with pytest.raises(Exception, match=said):
        vault.set_secrets({"fine": "x", name: value})
    assert vault.list_secrets() == []


def test_content_type_that_is_no_text(rest: Callable[..., requests.Response]) -> None:
    refused = rest("PUT", "/credential/v2.0", "/secrets", json={"name": "a", "value": SECRET, "contentType": {"x": 1}})
    assert (refused.status_code, "contentType must be a text" in refused.text) == (400, True)


def test_in_a_step(
    vault: Keyvault,
    make_step: Callable[..., Any],
    submit: Callable[..., PipelineRun],
    finish: Callable[[PipelineRun], dict[str, StepRun]],
) -> None:
    vault.set_secrets({"user": "ada", "password": SECRET})
    source = """
from azureml.core import Run
run = Run.get_context()
print(run.get_secret("user"), len(run.get_secrets(["password"])["password"]))
"""
    step = finish(submit(make_step("signs-in", source)))["signs-in"]
    assert step.get_stdout_log() == f"ada {len(SECRET)}\n"


def test_nobody_else_reads_them(vault: Keyvault, emulator: Emulator) -> None:
    """Neither by the permissions of the file nor in any other file, once they are replaced or deleted not at all."""
    vault.set_secret("password", SECRET)
    database = emulator.folder / "keyvault.db"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert _files_with_the_secret(emulator) == ["keyvault.db"]
    vault.set_secret("password", "another")
    assert _files_with_the_secret(emulator) == []


def test_who_is_not_signed_in(emulator: Emulator, vault: Keyvault) -> None:
    vault.set_secret("password", SECRET)
    url = f"{emulator.http}/credential/v2.0{emulator.scope}/secrets/password"
    assert requests.get(url, timeout=10).status_code == 401


def _files_with_the_secret(emulator: Emulator) -> list[str]:
    """But for what was answered, which tests alone have kept."""
    files = [file for file in emulator.folder.rglob("*") if file.is_file() and file.name != ANSWERS]
    return [file.relative_to(emulator.folder).as_posix() for file in files if SECRET.encode() in file.read_bytes()]
