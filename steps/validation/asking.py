"""Asks a server about every sample, and keeps of each reply what the judge needs: all replies are more than memory."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from pydantic import JsonValue

from steps.querying.client import Reply, ScoringClient
from steps.validation.samples.sample import Sample
from steps.validation.tasks.task import Scored, Task

DEVICE_HEADER = "amlgpu-device"
PRECISION_HEADER = "amlgpu-precision"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of one reply."""

    scored: Scored
    error: str
    """The reply in short, where it isn't an answer of the task; else empty."""
    latency_ms: float
    device: str
    precision: str
    answer: JsonValue
    """As it came, of the samples whose answers are kept; else None."""


def ask_all(
    client: ScoringClient, samples: Sequence[Sample], task: Task, concurrency: int, answers_kept: int
) -> list[Seen]:
    """What was seen of each sample, in their order, with ``concurrency`` requests in flight.

    A sample is read when its turn comes. Answers are kept of the first ``answers_kept`` samples. ModelError where a
    sample can't be read any more.
    """
    seen: list[Seen | None] = [None] * len(samples)
    waiting = iter(range(len(samples)))  # each thread takes the next: no future a sample, and none is read ahead

    def take() -> None:
        for place in waiting:
            sample = samples[place]
            seen[place] = _seen(sample, client.score(sample.body), task, keep=place < answers_kept)

    with ThreadPoolExecutor(concurrency) as pool:
        try:
            for asker in as_completed([pool.submit(take) for _ in range(concurrency)]):
                asker.result()
        finally:
            deque(waiting, maxlen=0)  # after a failure or Ctrl-C nobody takes another
    return [one for one in seen if one is not None]


def _seen(sample: Sample, reply: Reply, task: Task, *, keep: bool) -> Seen:
    answer = reply.answer if reply.ok else None
    scored = task.score(sample.name, sample.truth, answer)
    return Seen(
        scored=scored,
        error="" if scored.answered else f"{sample.name}: {reply.summary}",
        latency_ms=reply.latency_ms,
        device=reply.headers.get(DEVICE_HEADER, UNKNOWN),
        precision=reply.headers.get(PRECISION_HEADER, UNKNOWN),
        answer=answer if keep else None,
    )
