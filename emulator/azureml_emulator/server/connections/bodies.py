"""The bodies of uvicorn's requests: of all connections together, no more is read than the application takes."""

from operator import attrgetter
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from azureml_emulator.server.connections.limits import Limits
from azureml_emulator.server.connections.totals import Totals

HOLD_SECONDS = 1.0
"""For the application to take what has come, until the oldest of those that it doesn't take give way."""
LOOK_SECONDS = 0.02
_BUSY = 503, b"Too many bodies are on their way at once: try again in a second."


class BodyProtocol(HttpToolsProtocol):
    """Each listener has a subclass of its own, with its `limits`."""

    limits: ClassVar[Limits] = Limits()
    _totals: ClassVar[Totals] = Totals()
    _since = 0.0
    _answered: RequestResponseCycle | None = None
    """The request that the application is at, or was; `cycle` is the last that was read."""

    def __init_subclass__(cls) -> None:
        cls._totals = Totals()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._answered:
            self._answered.disconnected = True  # uvicorn tells the last request alone
            self._answered.message_event.set()
        self.pipeline.clear()
        self.scope, self.headers = {}, []  # type: ignore[typeddict-item]  # else only a search for cycles frees them
        for cycle in filter(None, (self.cycle, self._answered)):
            cycle.scope = {}  # type: ignore[typeddict-item]  # its state has this connection

    def on_body(self, body: bytes) -> None:
        _prepare(self.cycle)
        super().on_body(body)
        totals, most = self._totals, self.limits.bodies_bytes
        totals.untaken += len(body)
        if totals.untaken > most:
            self._hold_or_give_way(
                most * 2 if totals.held else most
            )  # connections that are new read a piece all the same

    def on_response_complete(self) -> None:
        cast(RequestResponseCycle, self._answered).body = bytearray()  # the application didn't want it

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    @property
    def _untaken(self) -> int:
        return len(self._answered.body) if self._answered else 0

    def _count_untaken(self) -> int:
        self._totals.untaken = sum(one._untaken for one in self._open())
        return self._totals.untaken

    def _hold_or_give_way(self, most: int) -> None:
        if self._totals.untaken > most and self._count_untaken() > most:
            self._give_way() if self._totals.held else self._hold()

    def _hold(self) -> None:
        """Else the loop would read a piece of each connection before the application takes any."""
        self._totals.held = True
        for one in self._open():
            one.transport.pause_reading()
        self.loop.call_soon(self._go_on, self.loop.time() + HOLD_SECONDS)

    def _go_on(self, latest: float) -> None:
        if self._count_untaken() > self.limits.bodies_bytes:
            if self.loop.time() < latest:
                self.loop.call_later(LOOK_SECONDS, self._go_on, latest)
                return
            self._end_oldest()
        self._totals.held = False
        for one in self._open():
            if not one.flow.read_paused:
                one.transport.resume_reading()

    def _end_oldest(self) -> None:
        for one in sorted(self._open(), key=attrgetter("_since")):
            if one._untaken and self._totals.untaken > self.limits.bodies_bytes // 2:
                self._totals.untaken -= one._untaken
                one._give_way()

    def _give_way(self) -> None:
        answered = cast(RequestResponseCycle, self._answered)
        answered.body = bytearray()
        if answered.response_started:
            self.transport.abort()
        elif not self.transport.is_closing():
            self._send_refusal(*_BUSY)

    def _send_refusal(self, status: int, body: bytes) -> None:
        own = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        headers = [*self.server_state.default_headers, *own, (b"connection", b"close")]
        lines = [b"%s: %s\r\n" % header for header in headers]
        self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", body]))
        self.transport.close()

    def _open(self) -> "list[BodyProtocol]":
        return [cast(BodyProtocol, one) for one in self.connections if not one.transport.is_closing()]


def _prepare(cycle: RequestResponseCycle) -> None:
    """For one more piece of its body, which uvicorn adds: a first one is then taken as it is, without a copy."""
    if not cycle.body:
        cycle.body = b""  # type: ignore[assignment]
    elif isinstance(cycle.body, bytes):
        cycle.body = bytearray(cycle.body)
