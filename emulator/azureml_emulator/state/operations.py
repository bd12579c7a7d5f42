"""Long-running operations: started by a request, polled by the SDK until they end."""

import asyncio
from collections import defaultdict
from contextlib import suppress

from azureml_emulator.state.store import Store
from azureml_emulator.wire import Document, new_id, now

LONG_POLL_SECONDS = 30.0
"""The SDK sleeps 5 s between polls; an answer that waits for the end spares its user those. Its own limit is 80 s."""


class Operations:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._ended: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def start(self, kind: str, resource: str | None = None) -> str:
        """A new operation's id. `resource` is the path of what it makes or changes."""
        identifier = new_id()
        operation = {"id": identifier, "kind": kind, "state": "Running", "createdTime": now(), "error": None}
        operation["resource"] = resource
        self._store.put("operation", identifier, operation)
        return identifier

    def finish(self, identifier: str, error: Document | None = None) -> None:
        operation = self._store.get("operation", identifier)
        operation |= {"state": "Failed" if error else "Succeeded", "error": error, "endTime": now()}
        self._store.put("operation", identifier, operation)
        self._ended[identifier].set()

    async def wait(self, identifier: str) -> Document:
        """The operation, as soon as it has ended, or as it is when the long poll is over."""
        if self._store.get("operation", identifier)["state"] == "Running":
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ended[identifier].wait(), LONG_POLL_SECONDS)
        return self._store.get("operation", identifier)

    def fail_interrupted(self) -> None:
        """Called at start: what was running in an earlier life of the emulator is over."""
        for operation in self._store.all("operation"):
            if operation["state"] == "Running":
                self.finish(operation["id"], {"code": "Interrupted", "message": "the local workspace was stopped"})
