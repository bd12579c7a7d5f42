"""What a client without end does to a server, over bare sockets: on replica, router and workspace alike."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil

MIB = 2**20
SECONDS = 20
SETTLE_SECONDS = 0.2
PIECE = 64 * 2**10


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=SECONDS)


def taken(port: int, begin: bytes, piece: bytes, most: int) -> int:
    """Send `begin`, then `piece` again and again until the server ends it: how many bytes it took, `most` at most."""
    sent = 0
    with connect(port) as client, suppress(ConnectionError):
        client.sendall(begin)
        while sent < most:
            client.sendall(piece)
            sent += len(piece)
    return sent


def status(client: socket.socket) -> int:
    """Of the next answer; 0 when the connection is closed instead."""
    with suppress(ConnectionError):
        line = client.makefile("rb").readline().split()
        return int(line[1]) if line else 0
    return 0


def ended(client: socket.socket, seconds: float = SECONDS) -> bool:
    """Whether the server closes the connection within that time, whatever it sends before."""
    client.settimeout(seconds)
    try:
        while client.recv(PIECE):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def still_open(clients: list[socket.socket]) -> int:
    """How many of these connections the server has not ended; none of them is owed an answer."""
    time.sleep(SETTLE_SECONDS)
    return sum(not ended(client, 0.001) for client in clients)


@contextmanager
def many(port: int, count: int, send: bytes = b"") -> Iterator[list[socket.socket]]:
    """Connections that send no more than this; those that are refused are not among them."""
    with ExitStack() as stack:
        clients = []
        for _ in range(count):
            client = stack.enter_context(connect(port))
            with suppress(ConnectionError):
                client.sendall(send)
            clients.append(client)
        yield clients


def growing_heads(path: str, headers: bytes = b"") -> dict[str, tuple[bytes, bytes]]:
    """By name: how a request for `path` begins, and what then comes without end."""
    post = b"POST %b HTTP/1.1\r\nHost: a\r\n%b" % (path.encode(), headers)
    chunked = post + b"Transfer-Encoding: chunked\r\n\r\n"
    line = b"x-a: %b\r\n" % (b"x" * 1000)
    return {
        "target": (b"POST /", b"x" * PIECE),
        "headers": (post, line * 60),
        "small headers": (post, b"a: b\r\n" * 10_000),
        "header": (post + b"x: ", b"x" * PIECE),
        "header name": (post, b"x" * PIECE),
        "trailers": (chunked + b"1\r\nx\r\n0\r\n", line * 60),
        "small trailers": (chunked + b"1\r\nx\r\n0\r\n", b"a: b\r\n" * 10_000),
        "trailer": (chunked + b"1\r\nx\r\n0\r\nx: ", b"x" * PIECE),
        "chunk extension": (chunked + b"1;a=", b"x" * PIECE),
    }


def storms(path: str, count: int, headers: bytes = b"", length: int = 100_000) -> dict[str, tuple[int, bytes]]:
    """By name: connections at once, and what each sends before it stops. A body is to be of `length`."""
    post = b"POST %b HTTP/1.1\r\nHost: a\r\n%b" % (path.encode(), headers)
    sized = post + b"Content-Length: %d\r\n\r\n" % length
    return {
        "silence": (count, b""),
        "half a head": (count, post + b"x-a: b\r\n" * 50),
        "half a body": (count, sized + b"x" * 100),
        "most of a body": (count // 20, sized + b"x" * (length - 1)),
        "pipelined, not read": (count // 100, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 90),
        "chunks of a byte": (count // 100, post + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 10_000),
    }


class Growth:
    """The most memory that a process has had since this was made."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # the kernel's own high-water mark begins anew
        self._before = process.memory_info().rss

    def __call__(self) -> float:
        """As a multiple of what it had then."""
        return self._highest() / self._before

    def __str__(self) -> str:
        sizes = self._before, self._highest(), self._process.memory_info().rss
        return "{:.0f} MiB, {:.0f} at most, {:.0f} now: x ".format(*(size / MIB for size in sizes)) + f"{self():.2f}"

    def _highest(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 2**10


@contextmanager
def peak(process: psutil.Process) -> Iterator[Growth]:
    yield Growth(process)
