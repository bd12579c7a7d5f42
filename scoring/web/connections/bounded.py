"""One connection of uvicorn's on httptools, which alone bounds neither heads, trailers, silence nor slow readers."""

import asyncio
import math
from operator import attrgetter, itemgetter
from typing import NoReturn, cast

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from scoring.web.connections.bodies import BodyProtocol
from scoring.web.connections.heads import TOO_LARGE, refusal_of_head, size_of_head
from scoring.web.connections.parting import begin_answer, body_parser, head_of_body, is_reset

SWEEP_SECONDS = 1.0
PROBE_SECONDS = 0.05
REQUEST_BYTES = 4096
"""What a request takes beside head and body until its turn comes, and more."""
UNREADABLE = 400, "Invalid HTTP request received."


class RefusedError(Exception):
    """Ends the parser's work from within; the connection's `_refusal` says why."""


class BoundedProtocol(BodyProtocol):
    """Each listener has a subclass of its own, with its `limits`."""

    _refusal = UNREADABLE
    _in_head = _head_began = _in_body = False
    _trailers = 0
    _unread = 0
    """Bytes that the parser holds: neither a whole head nor a piece of a body has come of them."""
    _gained = False
    _read_by = math.inf
    """When the client must have sent more; never while it waits for us."""
    _write_by = math.inf
    _half_closed = False
    _behind = 0
    """Bytes of requests whose turn hasn't come."""
    _of_head = 0
    """Bytes of a head that hasn't come whole."""
    _large_piece = False
    """What is being read could hold the whole of a head that is too large."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect(self.limits.keep_alive_seconds)
        if len(self.connections) > self.limits.connections:
            self._make_room()
        if not self._totals.sweeping:
            self._totals.sweeping = True
            self.loop.call_later(SWEEP_SECONDS, self._sweep)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._let_go_behind()
        self._let_go_head()
        self._totals.waiting.pop(self, None)

    def data_received(self, data: bytes) -> None:
        self._gained = self._head_began = False
        self._large_piece = len(data) > self.limits.head_bytes
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._read_on(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(*self._refusal)
        else:
            self._set_deadline()
            self._unread = 0 if self._gained else self._unread + len(data)
            if self._unread > self.limits.head_bytes:
                self._refuse(*TOO_LARGE)
            elif self._in_head:
                self._hold_head(len(data))

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= self.limits.pipelined:
            raise RefusedError
        super().on_message_begin()
        self._in_head = self._head_began = self._gained = True
        self._trailers = 0

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > self.limits.target_bytes:
            self._end_parsing(414, "The request's target is too long.")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:
            self.headers.append((name.lower(), value))
        else:
            self._trailers += 1  # it is no header, and comes when the application has read those
        if len(self.headers) + self._trailers > self.limits.headers:
            self._end_parsing(431, "The request has too many headers.")

    def on_headers_complete(self) -> None:
        self._in_head, self._in_body, self._gained = False, True, True
        if self._of_head:
            self._let_go_head()
        names = [name for name, _ in self.headers]
        self.expect_100_continue = b"expect" in names
        if refusal := refusal_of_head(self.parser.get_http_version(), names, self.headers):
            self._end_parsing(*refusal)
        if (self._large_piece or not self._head_began) and self._size_of_head() > self.limits.head_bytes:
            self._end_parsing(*TOO_LARGE)  # all of it came with its end, but for what was not too large yet
        super().on_headers_complete()
        if self.pipeline:
            self._hold_behind(REQUEST_BYTES + self._size_of_head())

    def on_body(self, body: bytes) -> None:
        self._gained = True
        if self.pipeline:
            self._hold_behind(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return  # to the parser, the body is none
        self._in_body, self._gained = False, True
        if not self.cycle.response_complete:
            self.cycle.more_body = False
            self.cycle.message_event.set()

    def on_response_complete(self) -> None:
        """As uvicorn's, which starts a timer after each answer."""
        self.server_state.total_requests += 1
        super().on_response_complete()
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            if not self.pipeline:
                self._let_go_behind()
        elif self._in_body:
            self._expect(self.limits.body_seconds)
        elif not self._in_head:
            self._expect(self.limits.keep_alive_seconds)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whether whole requests still get their answers. TLS can't be closed by half."""
        answered = self._answered
        if answered is None or answered.response_complete or self._in_body or self.scheme == "https":
            return False
        self.cycle.keep_alive = False
        if not self._half_closed and not answered.response_started:
            answered.transport = begin_answer(self.transport)
            self.loop.call_later(PROBE_SECONDS, self._end_if_late, self.loop.time())
        self._half_closed = True
        return True

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_by = self.loop.time() + self.limits.send_seconds

    def resume_writing(self) -> None:
        super().resume_writing()
        self._write_by = math.inf

    @property
    def _owes(self) -> bool:
        """Whether a request has no whole answer yet."""
        return self._answered is not None and not self._answered.response_complete

    def _expect(self, seconds: float) -> None:
        self._since = self.loop.time()
        self._read_by = self._since + seconds

    def _set_deadline(self) -> None:
        """Once for all that was read together."""
        if self._in_head:
            if self._head_began:
                self._expect(self.limits.head_seconds)
        elif self._owes:
            self._expect(self.limits.body_seconds if self._in_body else math.inf)
        elif self._gained and not self._in_body:
            self._expect(self.limits.keep_alive_seconds)

    def _hold_head(self, size: int) -> None:
        """Of too many, the oldest half gives way: to look for one each time would take the loop's whole time."""
        self._of_head += size
        self._totals.heads += size
        if self._totals.heads > self.limits.heads_bytes:
            for one in sorted(self._all(), key=attrgetter("_since")):
                if one._of_head and self._totals.heads > self.limits.heads_bytes // 2:
                    one._let_go_head()
                    one.transport.abort()

    def _let_go_head(self) -> None:
        self._totals.heads -= self._of_head
        self._of_head = 0

    def _size_of_head(self) -> int:
        return size_of_head(self.url, self.headers)

    def _hold_behind(self, size: int) -> None:
        self._behind += size
        self._totals.behind += size
        if self._totals.behind > self.limits.pipelined_bytes:
            raise RefusedError

    def _let_go_behind(self) -> None:
        self._totals.behind -= self._behind
        self._behind = 0

    def _end_parsing(self, status: int, message: str) -> NoReturn:
        self._refusal = status, message
        raise RefusedError

    def _read_on(self, rest: bytes) -> None:
        """Read a request to upgrade as any other (RFC 9110, 7.8): no other protocol is spoken here."""
        self.cycle.keep_alive = False
        self.parser = body_parser(self)
        self.data_received(head_of_body(self.headers) + rest)

    def _refuse(self, status: int, message: str) -> None:
        """Answer what can't be read, unless that would be taken for the answer to an earlier request."""
        if self.transport.is_closing():
            return
        if self._owes and (self.pipeline or not self.cycle.more_body):
            self._answer_what_is_whole()  # what came behind it is not its fault
        elif self._owes and self.cycle.response_started:
            self.transport.abort()
        else:
            self._send_refusal(status, message.encode())

    def _answer_what_is_whole(self) -> None:
        """And nothing more: the connection ends with the last answer."""
        if self.pipeline and self.cycle.more_body:
            self.pipeline.popleft()
            self.cycle = self.pipeline[0][0] if self.pipeline else cast(RequestResponseCycle, self._answered)
        self.cycle.keep_alive = False
        self._in_head = self._in_body = False
        self._read_by = math.inf
        self.flow.pause_reading()

    def _all(self) -> "list[BoundedProtocol]":
        return cast("list[BoundedProtocol]", list(self.connections))

    def _make_room(self) -> None:
        longest = self._longest_waiting()
        self.connections.discard(longest)
        longest.transport.abort()

    def _longest_waiting(self) -> "BoundedProtocol":
        """This one at least waits. Looking at all of them for each that comes would take the loop's whole time."""
        while True:
            if not self._totals.waiting:
                found = [(one, one._since) for one in self._all() if one._waits]
                self._totals.waiting = dict(sorted(found, key=itemgetter(1), reverse=True))
            one, since = self._totals.waiting.popitem()
            if one._waits and one._since == since:
                return one

    @property
    def _waits(self) -> bool:
        return self._read_by != math.inf and not self.transport.is_closing()

    def _sweep(self) -> None:
        """Once a second: cheaper than timers for each request."""
        self._totals.sweeping = bool(self.connections)
        if self.connections:  # first, so that no connection's trouble ends it
            self.loop.call_later(SWEEP_SECONDS, self._sweep)
        now = self.loop.time()
        for connection in self._all():
            connection._end_if_late(now)

    def _end_if_late(self, now: float) -> None:
        if self.transport.is_closing() and self._write_by == math.inf:
            self._write_by = now + self.limits.send_seconds  # it closes once all has been taken
        if self.flow.read_paused and self._read_by != math.inf:
            self._read_by = now + self.limits.body_seconds  # it is we who don't read
        if now > min(self._read_by, self._write_by) or (self._half_closed and is_reset(self.transport)):
            self.transport.abort()
