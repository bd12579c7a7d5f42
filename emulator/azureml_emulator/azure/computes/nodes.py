"""The nodes of compute targets: as many runs at once as a cluster may have nodes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from azureml_emulator.errors import BadRequest
from azureml_emulator.state.store import Store


class Nodes:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._busy: Counter[str] = Counter()
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def node(self, target: str, unless: Callable[[], bool]) -> AsyncIterator[None]:
        """Hold a node of a cluster; waits for a free one, but no longer when `unless` turns true: ask it yourself.

        Raises NotFound for a compute target that isn't there, BadRequest for one that runs don't run on.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: unless() or self._busy[target] < node_count(self._store, target))
            self._busy[target] += 1
        try:
            yield
        finally:
            self._busy[target] -= 1
            await self.look_again()

    async def look_again(self) -> None:
        """Let those who wait see what has changed."""
        async with self._changed:
            self._changed.notify_all()


def node_count(store: Store, target: str) -> int:
    """The most nodes that a cluster may have. Raises NotFound, or BadRequest for what is no cluster for runs."""
    properties = store.get("compute", target)["properties"]
    if properties["computeType"] != "AmlCompute":
        raise BadRequest(f"compute '{target}' is of the type {properties['computeType']}: runs need an AmlCompute")
    scale = properties["properties"].get("scaleSettings") or {}
    return max(1, int(scale.get("maxNodeCount") or 1))
