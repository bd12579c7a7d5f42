"""The state of the workspace: JSON documents in one SQLite file."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from azureml_emulator.errors import NotFound
from azureml_emulator.state.disk.room import Reserve, told_as_system_does
from azureml_emulator.wire import Document

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    position INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (kind, key)
);
CREATE INDEX IF NOT EXISTS documents_of_a_kind ON documents (kind);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class Store:
    """Documents by kind and key, in the order of their first writing.

    Every call commits, or the transaction around it: in WAL mode a document that was written survives `kill -9` of the
    process. All calls come from the one event loop, so there is nothing to lock.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reserve = Reserve(path.parent)
        self._db = sqlite3.connect(path, isolation_level=None)
        with self._written():
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is committed at once, or nothing of it. No `await` inside: others write, too.

        One inside another is a part of it.
        """
        if self._db.in_transaction:
            yield
            return
        with self._written():
            self._db.execute("BEGIN")
            with self._db:
                yield

    @contextmanager
    def _written(self) -> Iterator[None]:
        """OSError where there is no room, though what was kept back is given up first."""
        self._reserve.look()
        with told_as_system_does(self._path):
            yield

    @property
    def changes(self) -> int:
        """A number that every change makes larger, for as long as the store is open."""
        return self._db.total_changes

    def put(self, kind: str, key: str, document: Document) -> Document:
        with self._written():
            self._db.execute(
                "INSERT INTO documents (kind, key, body) VALUES (?, ?, ?) "
                "ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                (kind, key, json.dumps(document)),
            )
        return document

    def find(self, kind: str, key: str) -> Document | None:
        try:
            row = self._db.execute("SELECT body FROM documents WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        except UnicodeEncodeError:  # half a character, as JSON may hold: under such a key nothing was ever written
            return None
        return json.loads(row[0]) if row else None

    def get(self, kind: str, key: str) -> Document:
        """The document. Raises NotFound, which names the kind and the key."""
        document = self.find(kind, key)
        if document is None:
            raise NotFound(f"{kind} '{key}' not found in this workspace")
        return document

    def all(self, kind: str, holding: str = "") -> list[Document]:
        """All of a kind; or only those that hold this text somewhere, which spares reading the others."""
        rows = self._db.execute(
            "SELECT body FROM documents WHERE kind = ? AND instr(body, ?) ORDER BY position",
            (kind, json.dumps(holding)[1:-1]),
        )
        documents: list[Document] = json.loads(f"[{','.join(body for (body,) in rows)}]")  # once for all is quicker
        return documents

    def newest_first(self, kind: str, holding: str = "") -> Iterator[Document]:
        """As `all`, but from the end, and read only as far as the caller goes."""
        rows = self._db.execute(
            "SELECT body FROM documents WHERE kind = ? AND instr(body, ?) ORDER BY position DESC",
            (kind, json.dumps(holding)[1:-1]),
        )
        return (json.loads(body) for (body,) in rows)

    def delete(self, kind: str, key: str) -> bool:
        with self._written():
            return self._db.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key)).rowcount > 0

    def next_number(self, counter: str) -> int:
        """1, 2, 3 … for each counter; a number is never given twice, whatever was deleted."""
        with self._written():
            row = self._db.execute(
                "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                (counter,),
            ).fetchone()
        return int(row[0])

    def last_number(self, counter: str) -> int:
        """The one that was given last; 0 for none."""
        row = self._db.execute("SELECT value FROM counters WHERE name = ?", (counter,)).fetchone()
        return int(row[0]) if row else 0

    def leave_out(self, counter: str, number: int) -> None:
        """Give none up to this one any more: somebody has chosen it."""
        with self._written():
            self._db.execute(
                "INSERT INTO counters VALUES (?, ?) "
                "ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
                (counter, number),
            )

    def clear(self) -> None:
        """Delete every document and counter at once."""
        with self.transaction():
            self._db.execute("DELETE FROM documents")
            self._db.execute("DELETE FROM counters")

    def close(self) -> None:
        self._db.close()
