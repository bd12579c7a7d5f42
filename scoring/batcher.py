"""Continuous batching: requests that wait together are scored together, and none waits for company.

A few threads, the lanes, each take their share of what is waiting, up to the largest batch, and call the model once.
While they compute, the next batch gathers by itself. At low load a batch is one image and nothing was waited for; at
high load batches are full. Nothing here has a timer.

What a request costs is known once it is decoded. So a call may leave requests unanswered, which wait again, and every
other batch begins with the lightest: one row, or a small image, doesn't wait for all of a thousand, or large ones.
"""

import heapq
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from scoring.errors import ModelFailedError, OverloadedError, RequestError
from scoring.tasks.answer import Answer

logger = logging.getLogger("azmlinfsrv.batcher")

Part = Sequence[tuple[int, Answer | RequestError]]
"""Results that are there, each with its request's place among those given."""
Score = Callable[[Sequence[bytes]], Iterable[Part]]
"""Gives the results of one request at least, in parts, as soon as they are there."""


class Outcome(NamedTuple):
    """What became of one request."""

    body: bytes
    """The answer as JSON; empty with an error."""

    error: RequestError | None
    batch_size: int
    """Requests that were answered together."""

    queue_ms: float
    compute_ms: float
    """Milliseconds from when a lane took it, decoding included."""

    @property
    def timing(self) -> tuple[int, float, float]:
        """What its client is told."""
        return self.batch_size, self.queue_ms, self.compute_ms


@dataclass(eq=False, slots=True)
class Ticket:
    """One request's place in the queue; `image` is its body, which may be JSON, too.

    `done` is called once, by a lane's thread, and must neither block nor raise.
    """

    image: bytes
    done: Callable[[Outcome], None]
    queued_at: float
    weight: int = 0
    """Of what it may cost; 0 where that is little."""
    cancelled: bool = False


@dataclass(frozen=True)
class Batch:
    """One finished call of the model, as it is told to an observer."""

    images: Sequence[bytes]
    results: Sequence[Answer | RequestError]
    queue_seconds: tuple[float, ...]
    compute_seconds: float

    @property
    def size(self) -> int:
        return len(self.images)


class Batcher:
    """Runs `score` on batches in `lanes` threads; `max_queue` and `max_bytes` bound what is held.

    `observe` is told of every batch, by a lane's thread. With `by_weight` every other batch is of the lightest.
    """

    def __init__(
        self,
        score: Score,
        *,
        max_batch: int,
        lanes: int,
        max_queue: int,
        max_bytes: int,
        observe: Callable[[Batch], None],
        by_weight: bool = False,
    ) -> None:
        self._score = score
        self._observe = observe
        self._max_batch = max_batch
        self._max_queue = max_queue
        self._max_bytes = max_bytes
        self._by_weight = by_weight
        self._lightest_next = False
        self._waiting: deque[Ticket] = deque()
        self._computing = 0  # images that lanes have, those included that the lane has just answered
        self._held_bytes = 0
        self._closed = False
        self._changed = threading.Condition()
        self._lanes = [threading.Thread(target=self._run, name=f"lane-{n}", daemon=True) for n in range(lanes)]
        for lane in self._lanes:
            lane.start()

    @property
    def waiting(self) -> int:
        """Images that no lane has taken yet."""
        return len(self._waiting)

    @property
    def held_bytes(self) -> int:
        """Bytes of the images that wait or are being scored."""
        return self._held_bytes

    @property
    def room_bytes(self) -> int:
        """How many more may be held."""
        return self._max_bytes - self._held_bytes

    def check_room(self, size: int = 0) -> None:
        """OverloadedError when an image of `size` bytes would be refused now."""
        if len(self._waiting) >= self._max_queue:
            raise OverloadedError(f"{self._max_queue} requests are waiting already: try again in a second.")
        if self._held_bytes + size > self._max_bytes:
            raise OverloadedError(f"{self._max_bytes} bytes of requests are held already: try again in a second.")

    def submit(
        self, image: bytes, done: Callable[[Outcome], None], *, weight: int | None = None, wake: bool = True
    ) -> Ticket:
        """Queue `image`; OverloadedError when there is no room, or the service is stopping.

        It weighs as much as it has bytes, if not said otherwise. With `wake=False` an idle lane needn't hear of it
        before `wake` is called.
        """
        ticket = Ticket(image, done, time.perf_counter(), len(image) if weight is None else weight)
        with self._changed:
            if self._closed:
                raise OverloadedError("The service is stopping: ask another replica.")
            self.check_room(len(image))
            self._waiting.append(ticket)
            self._held_bytes += len(image)
            if wake:
                self._changed.notify()
        return ticket

    def wake(self) -> None:
        """Have what was submitted scored: one idle lane is told, which tells the next if it leaves something.

        After the last of several: each lane that wakes wants Python's lock, and so stops whoever submits.
        """
        with self._changed:
            self._changed.notify()

    def cancel(self, ticket: Ticket) -> None:
        """Forget `ticket`: it is not scored unless a lane is at it already."""
        with self._changed:
            ticket.cancelled = True
            try:
                self._waiting.remove(ticket)
            except ValueError:  # taken, or finished
                return
            self._held_bytes -= len(ticket.image)

    def close(self) -> None:
        """Take nothing more, score what waits, and end the lanes."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for lane in self._lanes:
            lane.join()

    def _run(self) -> None:
        size = self._score_next(0)
        while size:  # a method of its own, so that an idle lane keeps no images
            size = self._score_next(size)

    def _score_next(self, answered: int) -> int:
        """Answer from the next batch, after `answered` images; how many now, 0 once closed and drained."""
        batch = self._take(answered)
        return self._finish(batch, time.perf_counter()) if batch else 0

    def _take(self, answered: int) -> list[Ticket]:
        """The next batch; empty once closed and drained."""
        with self._changed:
            if not self._waiting:
                self._computing -= answered
                answered = 0
            self._changed.wait_for(lambda: self._waiting or self._closed)
            batch = self._next_batch(self._next_size())
            self._computing += len(batch) - answered
            if self._waiting:
                self._changed.notify()
            return batch

    def _next_size(self) -> int:
        """How many to take: of all images, each lane's share, while another share goes on waiting.

        A lane that took all would find nothing waiting when it is done, and then take the first that comes: a batch of
        one. The images that it has just answered still count, since their clients may be about to ask again.
        """
        share = -(-(len(self._waiting) + self._computing) // (len(self._lanes) + 1))
        return min(len(self._waiting), self._max_batch, share)

    def _next_batch(self, size: int) -> list[Ticket]:
        """The oldest; every other time the lightest, and with those that weigh nothing no other.

        Light images are spared the decoding of heavy ones in their call.
        """
        self._lightest_next = self._by_weight and not self._lightest_next
        if not self._lightest_next or not any(ticket.weight for ticket in self._waiting):
            return [self._waiting.popleft() for _ in range(size)]
        batch = heapq.nsmallest(size, self._waiting, key=attrgetter("weight"))
        batch = [ticket for ticket in batch if not ticket.weight] or batch
        for ticket in batch:
            self._waiting.remove(ticket)
        return batch

    def _finish(self, batch: list[Ticket], started: float) -> int:
        """Answer tickets of `batch`, one at least; the others wait again. How many were answered."""
        results: dict[int, Answer | RequestError] = {}
        for part in self._parts([ticket.image for ticket in batch], results):
            results.update(part)
            self._answer(batch, part, started)
        compute_seconds = time.perf_counter() - started
        self._release([ticket for place, ticket in enumerate(batch) if place not in results], batch)
        answered = [batch[place] for place in results]
        waits = tuple([started - ticket.queued_at for ticket in answered])
        self._tell(Batch([ticket.image for ticket in answered], [*results.values()], waits, compute_seconds))
        return len(answered)

    def _tell(self, batch: Batch) -> None:
        try:
            self._observe(batch)
        except Exception:  # the requests were answered, and the lane has others to answer
            logger.exception("A batch of %d can't be noted", batch.size)

    def _answer(self, batch: list[Ticket], part: Part, started: float) -> None:
        """Encode all of `part` before any is told: who is told wants Python's lock, and so stops the encoding."""
        compute_ms = (time.perf_counter() - started) * 1e3
        encoded = [(batch[place], *_encode(result)) for place, result in part]
        for ticket, body, error in encoded:
            ticket.done(Outcome(body, error, len(part), (started - ticket.queued_at) * 1e3, compute_ms))

    def _release(self, rest: list[Ticket], batch: list[Ticket]) -> None:
        """Let go of `batch`, but for the `rest` of it that wasn't answered and that someone still waits for."""
        with self._changed:
            kept = [ticket for ticket in rest if not ticket.cancelled]
            self._held_bytes -= sum([len(ticket.image) for ticket in batch])
            self._held_bytes += sum([len(ticket.image) for ticket in kept])
            self._computing -= len(rest)
            if kept:
                self._waiting = deque(sorted([*kept, *self._waiting], key=attrgetter("queued_at")))
                self._changed.notify(len(kept))

    def _parts(self, images: list[bytes], results: Mapping[int, Answer | RequestError]) -> Iterator[Part]:
        """What `score` gives, and an error for all without `results` where it fails, or gives nothing.

        A lane must outlive whatever it does, or the queue would stand still.
        """
        failure: RequestError = _failed()
        try:
            yield from self._score(images)
            if results:
                return
            logger.error("Scoring %d images gave no result", len(images))
        except RequestError as error:
            failure = error.bare()
        except Exception:
            logger.exception("Scoring %d images failed", len(images))
        yield [(place, failure) for place in range(len(images)) if place not in results]


def _encode(result: Answer | RequestError) -> tuple[bytes, RequestError | None]:
    if isinstance(result, RequestError):
        return b"", result
    try:
        return result.to_json(), None
    except Exception:  # such as a label that JSON has no form for, or a class that has no name
        logger.exception("The answer can't be written as JSON")
        return b"", _failed()


def _failed() -> ModelFailedError:
    return ModelFailedError(ModelFailedError.IN_THE_LOG)
