"""Secrets, in a database of their own that only its owner can read: not among the documents that pages show."""

import os
import re
import sqlite3
from pathlib import Path
from typing import NamedTuple

from azureml_emulator.errors import BadRequest, NotFound
from azureml_emulator.state.disk.room import told_as_system_does

_MAX_BYTES = 25 * 1024
"""https://learn.microsoft.com/azure/key-vault/secrets/about-secrets: a value has at most 25k bytes."""
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_SCHEMA = "CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY COLLATE NOCASE, value TEXT, content_type TEXT)"


class Secret(NamedTuple):
    name: str
    value: str
    content_type: str | None


class Vault:
    """Names are case-insensitive, as in Azure Key Vault; the first spelling stays."""

    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its journal the same permissions
        self._path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        # What is deleted or replaced is overwritten, so that it does not lie about in free pages of the file.
        with told_as_system_does(path):
            self._db.execute("PRAGMA secure_delete=ON")
            self._db.execute(_SCHEMA)

    def put(self, secrets: list[Secret]) -> None:
        """All of them or none. Raises BadRequest for a name or a value that Key Vault would refuse."""
        for secret in secrets:
            _check(secret)
        with told_as_system_does(self._path), self._db:
            self._db.execute("BEGIN")
            self._db.executemany(
                "INSERT INTO secrets VALUES (?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value, content_type = excluded.content_type",
                secrets,
            )

    def find(self, name: str) -> Secret | None:
        row = self._db.execute("SELECT * FROM secrets WHERE name = ?", (name,)).fetchone()
        return Secret(*row) if row else None

    def get(self, name: str) -> Secret:
        """Raises NotFound, which names the secret."""
        secret = self.find(name)
        if secret is None:
            raise NotFound(f"secret '{name}' not found in the key vault of this workspace", code="SecretNotFound")
        return secret

    def all(self) -> list[Secret]:
        return [Secret(*row) for row in self._db.execute("SELECT * FROM secrets ORDER BY name")]

    def delete(self, name: str) -> None:
        """Raises NotFound, which names the secret."""
        self.get(name)
        with told_as_system_does(self._path):
            self._db.execute("DELETE FROM secrets WHERE name = ?", (name,))

    def clear(self) -> None:
        with told_as_system_does(self._path):
            self._db.execute("DELETE FROM secrets")

    def close(self) -> None:
        self._db.close()


def _check(secret: Secret) -> None:
    if not _NAME.fullmatch(secret.name):
        raise BadRequest(f"the secret name {secret.name!r} is not 1 to 127 letters, digits and '-'")
    if len(secret.value.encode()) > _MAX_BYTES:
        raise BadRequest(f"the value of secret '{secret.name}' is larger than {_MAX_BYTES} bytes")
