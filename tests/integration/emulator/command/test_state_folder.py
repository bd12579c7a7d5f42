"""The folder of the state: damaged, reset, its owner's."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from tests.integration.emulator.command.machine import Machine


def test_damaged_state_is_named(machine: Machine) -> None:
    machine.emulator("up")
    machine.emulator("down")
    (machine.state / "secrets.json").write_text("not JSON")
    refused = machine.emulator("up")
    assert refused.returncode == 8
    assert f"the state in {machine.state} is damaged" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_database_that_cannot_be_read_now_is_not_called_damaged(machine: Machine) -> None:
    machine.emulator("up")
    machine.emulator("down")
    (machine.state / "keyvault.db").unlink()
    (machine.state / "keyvault.db").mkdir()
    refused = machine.emulator("up")
    assert refused.returncode == 8
    assert "cannot be used now, and is left as it is" in refused.stderr
    assert "damaged" not in refused.stderr
    assert "reset" not in refused.stderr


@pytest.mark.parametrize("file", ["server.pem", "bundle.pem"])
def test_a_broken_certificate_is_named_and_nothing_is_called_up(machine: Machine, file: str) -> None:
    machine.emulator("up")
    machine.emulator("down")
    (machine.state / "tls" / file).write_text("-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n")
    refused = machine.emulator("up")
    assert refused.returncode == 8
    assert f"the certificates in {machine.state / 'tls'} cannot be used" in refused.stderr
    assert "is up" not in refused.stdout
    shutil.rmtree(machine.state / "tls")
    assert machine.emulator("up").returncode == 0


def test_reset(machine: Machine) -> None:
    machine.emulator("up")
    before = machine.address["workspace_id"]
    assert machine.emulator("reset").returncode == 0
    assert not machine.state.exists()
    machine.emulator("up")
    assert machine.address["workspace_id"] != before


def test_reset_of_a_folder_that_is_not_its_own(machine: Machine, write: Callable[..., None]) -> None:
    write("state/lock", "of some other program")
    write("state/thesis.tex", "years of work")
    refused = machine.emulator("reset")
    assert refused.returncode == 8
    assert "is not the state folder of a local workspace: nothing was deleted" in refused.stderr
    assert (machine.state / "thesis.tex").read_text() == "years of work"


def test_secrets_are_the_owners(machine: Machine) -> None:
    machine.state.mkdir(mode=0o755)
    machine.emulator("up")
    for name in ("secrets.json", "address.json", "tls/server.pem", "workspace.db", "requests.log"):
        assert (machine.state / name).stat().st_mode & 0o077 == 0, name
