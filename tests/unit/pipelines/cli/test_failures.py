from pathlib import Path

import pytest

from config.errors import AmlGpuError, ConfigError, LocalWorkspaceError, WorkspaceError
from pipelines.cli.failures import as_known_error
from workspaces.errors import Busy, NotSignedIn, RequestError, Unreachable


@pytest.fixture(autouse=True)
def _state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AMLGPU_HOME", str(tmp_path))
    monkeypatch.delenv("ARM_CLOUD_METADATA_URL", raising=False)  # not sent to a local workspace


def test_our_own_errors_pass_as_they_are() -> None:
    error = ConfigError("service.name is missing")
    assert as_known_error(error) is error


@pytest.mark.parametrize("error", [RequestError("Quota exceeded"), Busy("an operation runs"), Unreachable("refused")])
def test_what_azure_ml_or_the_network_says_passes_as_it_is(error: RequestError, tmp_path: Path) -> None:
    assert as_known_error(error) is error
    assert type(error).__name__ in (tmp_path / "last-error.txt").read_text()


def test_a_failed_sign_in_says_how_to_sign_in() -> None:
    known = as_known_error(NotSignedIn("no credential worked\nSign in with `az login`"))
    assert isinstance(known, WorkspaceError)
    assert "az login" in str(known)
    assert "last-error.txt" in str(known)


def test_anything_else_is_ours_and_its_traceback_is_kept(tmp_path: Path) -> None:
    try:
        int("lost")
    except ValueError as error:
        known = as_known_error(error)
    assert type(known) is AmlGpuError
    assert known.exit_code == 1
    assert str(tmp_path / "last-error.txt") in str(known)
    assert "ValueError" in (tmp_path / "last-error.txt").read_text()


def test_a_lost_connection_to_the_local_workspace_says_how_to_start_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARM_CLOUD_METADATA_URL", "http://127.0.0.1:8080/metadata/endpoints")
    known = as_known_error(Unreachable("Connection refused"))
    assert isinstance(known, LocalWorkspaceError)
    assert "`amlgpu local up`" in str(known)


def test_so_does_a_local_workspace_that_gives_nobody_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARM_CLOUD_METADATA_URL", "http://127.0.0.1:8080/metadata/endpoints")
    refused = NotSignedIn("no credential worked")
    assert not isinstance(as_known_error(refused), LocalWorkspaceError)
    refused.unanswered = True
    assert isinstance(as_known_error(refused), LocalWorkspaceError)


def test_what_a_local_workspace_refuses_is_no_lost_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARM_CLOUD_METADATA_URL", "http://127.0.0.1:8080/metadata/endpoints")
    assert isinstance(as_known_error(Busy("an operation runs")), WorkspaceError)


def test_a_state_folder_that_cannot_be_written_hides_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("AMLGPU_HOME", str(tmp_path / "file" / "state"))
    known = as_known_error(ValueError("lost"))
    assert "Unexpected ValueError: lost" in str(known)
    assert "The traceback couldn't be kept" in str(known)


def test_a_new_state_folder_is_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMLGPU_HOME", str(tmp_path / "state"))
    as_known_error(ValueError("lost"))
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_a_full_disk_is_said_as_such() -> None:
    with pytest.raises(OSError, match="No space left") as raised:
        Path("/dev/full").write_bytes(bytes(10))
    told = str(as_known_error(raised.value))
    assert "There is no room on the disk" in told
    assert "Unexpected" not in told
