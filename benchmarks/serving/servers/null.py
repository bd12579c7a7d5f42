"""A server that does nothing: it reads a request, parses none of it, and sends the same answer as long as a real one.

    python -m benchmarks.serving.servers.null PORT

What the client reaches here, and what it costs itself, proves that the client limits no service.
"""

import asyncio
import re
import sys
from typing import cast

import uvloop

from benchmarks.serving.models import CLASSES, VALUES

PROBABILITIES = ",".join(["0.000999001"] * CLASSES)
ROWS = [[0] * VALUES]
BODY = f'{{"class":0,"probability":0.000999001,"probabilities":[{PROBABILITIES}],"predictions":{ROWS}}}'.encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
LENGTH = re.compile(rb"Content-Length: (\d+)")
HEAD_END = b"\r\n\r\n"


class Null(asyncio.Protocol):
    """One connection; a client sends its next request only after the answer."""

    _transport: asyncio.Transport
    _missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if not self._missing:
            length = LENGTH.search(data)
            self._missing = data.index(HEAD_END) + len(HEAD_END) + (int(length[1]) if length else 0)
        self._missing -= len(data)
        if self._missing <= 0:
            self._transport.write(ANSWER)


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Null, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
