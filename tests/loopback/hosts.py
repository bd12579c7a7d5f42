"""Notes every host that a process resolves or connects to, and which kind of process it is.

Every Python of the environment that `tests/e2e/support/environments.py` makes runs this when it starts: the command
line, the local workspace, the steps and the inference servers, isolated or not. The files are `hosts.log` and
`programs.log` in the folder that LOOPBACK_LOGS names.
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
    _write("hosts.log", f"{host.decode() if isinstance(host, bytes) else host} {event}")


def _write(name: str, line: str) -> None:
    log = os.open(f"{os.environ['LOOPBACK_LOGS']}/{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(log, f"{line}\n".encode())
    os.close(log)


if "LOOPBACK_LOGS" in os.environ:
    sys.addaudithook(_note)
    program = next((word for word in sys.orig_argv[1:] if not word.startswith("-")), "python")
    _write("programs.log", program.rpartition("/")[2])
