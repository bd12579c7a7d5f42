"""Put on PYTHONPATH, this notes every host that a process resolves or connects to, in the file of LOOPBACK_LOG.

Python imports it at start, so it sees the command line, the local workspace, the steps and the inference servers.
"""

import os
import sys


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    line = f"{host.decode() if isinstance(host, bytes) else host} {event}\n"
    log = os.open(os.environ["LOOPBACK_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(log, line.encode())
    os.close(log)


if "LOOPBACK_LOG" in os.environ:
    sys.addaudithook(_note)
