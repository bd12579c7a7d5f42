"""The two loopback listeners, and what each bears of its clients."""

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

import uvicorn

from azureml_emulator.server.connections.bounded import BoundedProtocol
from azureml_emulator.server.connections.limits import Limits, most_connections
from azureml_emulator.server.protocol import Protocol

_CLOSE_SECONDS = 3
_HANDSHAKES = 32
_HANDSHAKE_SECONDS = 10.0
_RETRY_SECONDS = 0.1
"""After a connection could not be taken: no file is free for it."""


class _Plain(Protocol, BoundedProtocol):
    limits = Limits(connections=most_connections(1000), keep_alive_seconds=60)


class _Secure(Protocol, BoundedProtocol):
    """The SDK's. A connection with TLS takes some 60 kB."""

    limits = Limits(connections=most_connections(200), keep_alive_seconds=60)


class Listener(uvicorn.Server):
    """Plain HTTP."""

    def __init__(self, app: object, http: type[BoundedProtocol] = _Plain, **options: str) -> None:
        super().__init__(_config(app, http=http, **options))

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's, not each listener's."""
        yield


class SecureListener(Listener):
    """TLS. It takes its connections itself, because uvicorn's are neither counted nor in time before the handshake."""

    def __init__(self, app: object, certificate: str) -> None:
        super().__init__(app, _Secure, ssl_certfile=certificate, ssl_keyfile=certificate)
        self._handshakes: OrderedDict[asyncio.Task[None], None] = OrderedDict()
        """The oldest first."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self.lifespan.startup()
        self.servers = []
        self._taking = [asyncio.create_task(self._take_from(listener)) for listener in sockets or []]
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for task in (*self._taking, *self._handshakes):
            task.cancel()
        await super().shutdown(sockets)

    async def _take_from(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        while True:
            try:
                connection, _ = await asyncio.get_running_loop().sock_accept(listener)
            except OSError:
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            if len(self._handshakes) >= _HANDSHAKES:
                self._handshakes.popitem(last=False)[0].cancel()
            task = asyncio.create_task(self._shake_hands(connection))
            self._handshakes[task] = None
            task.add_done_callback(lambda done: self._handshakes.pop(done, None))

    async def _shake_hands(self, connection: socket.socket) -> None:
        protocol = partial(_Secure, config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        with suppress(OSError):  # no TLS, or none in time
            try:
                await asyncio.get_running_loop().connect_accepted_socket(
                    protocol, connection, ssl=self.config.ssl, ssl_handshake_timeout=_HANDSHAKE_SECONDS
                )
            except BaseException:
                connection.shutdown(socket.SHUT_RDWR)  # uvloop would wait for the client's farewell
                raise


def _config(app: object, **options: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        lifespan="off",
        ws="none",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_CLOSE_SECONDS,
        **options,  # type: ignore[arg-type]
    )
