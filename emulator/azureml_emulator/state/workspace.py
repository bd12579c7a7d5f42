"""The one workspace that an emulator holds: its identity, addresses and state."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request

from azureml_emulator.errors import EmulatorError
from azureml_emulator.execution.interpreters.interpreters import Interpreters
from azureml_emulator.execution.interpreters.mode import Mode
from azureml_emulator.state.clock import Clock
from azureml_emulator.state.credentials.tls import ensure_certificates
from azureml_emulator.state.credentials.tokens import Tokens
from azureml_emulator.state.disk.room import is_no_room, without_room
from azureml_emulator.state.gpus import Gpus, machine_gpus
from azureml_emulator.state.operations import Operations
from azureml_emulator.state.store import Store
from azureml_emulator.state.vault import Vault
from azureml_emulator.wire import new_id

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
RESOURCE_GROUP = "local"
NAME = "local"
LOCATION = "local"


class Address(NamedTuple):
    """Where the emulator listens, always on loopback. TLS is what ARM and blob uploads insist on."""

    http_port: int
    tls_port: int

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def tls(self) -> str:
        return f"https://127.0.0.1:{self.tls_port}"


class LocalWorkspace:
    def __init__(
        self,
        folder: Path,
        address: Address,
        environments: Mode = Mode.WARN,
        *,
        enforce_capacity: bool = False,
        share_gpus: bool = False,
        http_1_0: bool = False,
        program: str = "azureml-emulator",
    ) -> None:
        self.folder = folder
        self.program = program
        """What a person types before the verbs of the command that started this."""
        self.enforce_capacity = enforce_capacity
        self.http_1_0 = http_1_0
        """Whether the router speaks HTTP/1.0 to replicas."""
        self.gpus = Gpus(machine_gpus(), share=share_gpus)
        self.address = address
        with _told_of(folder):
            self.store = Store(folder / "workspace.db")
            self.tokens = Tokens(folder / "secrets.json", now=lambda: self.clock.now())  # noqa: PLW0108 - there is none yet
            self.vault = Vault(folder / "keyvault.db")
            ensure_certificates(folder / "tls")
            self.id: str = self._identity()["id"]
        self.clock = Clock(self.store)
        self.operations = Operations(self.store)
        self.interpreters = Interpreters(folder / "environments", environments)
        self.log_reads: dict[Path, float] = {}

    def _identity(self) -> dict[str, str]:
        # The SDK caches snapshots under ~/.azureml by workspace id: a fresh state folder must have a fresh id.
        return self.store.find("workspace", "identity") or self.store.put("workspace", "identity", {"id": new_id()})

    def close(self) -> None:
        self.vault.close()
        self.store.close()

    def forget(self) -> None:
        """Be another, empty workspace from now on. Its files are the caller's to delete."""
        self.store.clear()
        self.vault.clear()
        self.clock.restart()
        self.log_reads.clear()
        self.id = self._identity()["id"]

    @property
    def scope(self) -> str:
        """The resource id of the workspace, which is a part of nearly every path."""
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
        return f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{NAME}"


@contextmanager
def _told_of(folder: Path) -> Iterator[None]:
    """EmulatorError for state that is damaged, which is told from state that can't be used just now."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        if is_no_room(error):
            raise EmulatorError(without_room(error)) from None
        raise EmulatorError(f"the state in {folder} cannot be used now, and is left as it is: {error}") from None
    except (sqlite3.DatabaseError, ValueError, KeyError) as error:
        raise EmulatorError(
            f"the state in {folder} is damaged ({error}): delete it with `reset`, or put a backup in its place"
        ) from None


def workspace_of(request: Request) -> LocalWorkspace:
    workspace: LocalWorkspace = request.app.state.workspace
    return workspace
