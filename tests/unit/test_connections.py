"""Replica and local workspace bound their connections alike, though neither may import the other."""

import asyncio
from pathlib import Path

import pytest
import uvloop

from scoring.web.connections.parting import is_reset

REPOSITORY = Path(__file__).parents[2]
REPLICA = REPOSITORY / "scoring" / "web" / "connections"
WORKSPACE = REPOSITORY / "emulator" / "azureml_emulator" / "server" / "connections"
FILES = sorted(path.name for path in REPLICA.glob("*.py"))


def test_both_have_the_same_files() -> None:
    assert sorted(path.name for path in WORKSPACE.glob("*.py")) == FILES


@pytest.mark.parametrize("name", FILES)
def test_the_files_differ_in_their_place_only(name: str) -> None:
    replica, workspace = ((folder / name).read_text(encoding="utf-8") for folder in (REPLICA, WORKSPACE))
    expected = replica.replace("scoring.web.connections", "azureml_emulator.server.connections")
    assert workspace == expected.replace("The local workspace has", "The scoring service has")


def test_a_connection_that_was_closed_is_reset() -> None:
    """Whichever error its socket has for that."""

    async def close_one() -> bool:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, *address)
        assert not is_reset(transport)
        transport.abort()
        await asyncio.sleep(0.01)
        server.close()
        return is_reset(transport)

    assert uvloop.run(close_one())
