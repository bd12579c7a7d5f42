"""A local workspace that is known before it is started: its ports, its secret, its certificate."""

import random
import socket
from pathlib import Path

from azureml_emulator.state.redirect.redirect import client_variables, write_address, write_clouds
from azureml_emulator.state.workspace import Address, LocalWorkspace


def prepare(folder: Path) -> dict[str, str]:
    """Make the state folder of a workspace that will be started later. Returns the variables that send the SDK to it.

    The SDK reads them when it is imported: a program that imports it first and starts the workspace later needs this.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    address = Address(free_port(), free_port())
    workspace = LocalWorkspace(folder, address)
    workspace.close()
    write_clouds(folder, address)
    write_address(workspace)  # a workspace takes the ports of its last life
    return client_variables(workspace)


def free_port() -> int:
    """Outside of the range that outgoing connections get their ports from: nobody else takes it before we do."""
    while True:
        port = random.randrange(20000, 30000)  # noqa: S311
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
