"""What a judge needs to know of one server: values, as they were seen."""

from dataclasses import dataclass
from math import isfinite

from steps.artifacts.verdict import Answer
from steps.querying.client import percentile
from steps.validation.parity import Parity
from steps.validation.tasks.task import Scored, Task

MOST_KEPT = 1_000_000  # characters of truths and answers: outputs may be images
NOTHING_ANSWERED = "no sample was answered"


@dataclass(frozen=True)
class Measured:
    """What one server was seen to do; empty where it never started."""

    startup_seconds: float | None
    """Seconds until the inference server was healthy; None when it never was."""
    startup_error: str = ""
    scored: tuple[Scored, ...] = ()
    """Each sample, in order, with what was answered about it."""
    errors: tuple[str, ...] = ()
    """One line for each request that wasn't answered as the task answers."""
    latencies_ms: tuple[float, ...] = ()
    """Milliseconds of each answered request."""
    devices: frozenset[str] = frozenset()
    """Devices that the answers named, such as GPU:0."""
    precisions: frozenset[str] = frozenset()
    """Arithmetics that the answers named, such as bfloat16."""
    not_refused: tuple[str, ...] | None = None
    """One line for each bad request that wasn't refused as the client's fault; None: none was sent."""
    parity: Parity | None = None
    """None: nothing was answered that could be compared."""
    parity_error: str = ""

    @property
    def samples(self) -> int:
        return len(self.scored)

    @property
    def answered(self) -> int:
        """How many samples were answered as the task answers."""
        return sum(one.answered for one in self.scored)

    @property
    def premise(self) -> str:
        """Why nothing that needs an answer can be judged; empty where it can."""
        if self.startup_seconds is None:
            return f"the server didn't start: {self.startup_error}" if self.startup_error else "the server didn't start"
        return "" if self.answered else NOTHING_ANSWERED

    @property
    def precision(self) -> str | None:
        """The arithmetic that every answer named; None when none did, or they differ."""
        return next(iter(self.precisions)) if len(self.precisions) == 1 else None

    @property
    def lengths(self) -> frozenset[int]:
        """How many classes or values the answers had."""
        return frozenset(one.length for one in self.scored if one.length is not None)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What was said about each sample that was answered; the first of them where they are very long."""
        answers: list[Answer] = []
        length = 0
        for answer in (one.kept for one in self.scored if one.answered):
            length += len(str(answer.predicted)) + len(str(answer.label))
            if answers and length > MOST_KEPT:
                break
            answers.append(answer)
        return tuple(answers)

    def latency_ms(self, percent: float) -> float | None:
        return round(percentile(self.latencies_ms, percent), 2) if self.latencies_ms else None

    def metrics(self, task: Task) -> dict[str, float]:
        """The numbers worth a chart, by name; what wasn't measured is left out.

        So is what isn't finite, which JSON has no form for: the verdict couldn't be read.
        """
        values = {
            **task.metrics(self.scored),
            "latency_p50_ms": self.latency_ms(50),
            "latency_p99_ms": self.latency_ms(99),
            "startup_seconds": self.startup_seconds,
            "samples": float(self.samples),
            "errors": float(len(self.errors)),
            "parity_agreement": self.parity.agreement if self.parity else None,
            "parity_difference": self.parity.difference if self.parity else None,
        }
        return {name: _rounded(value) for name, value in values.items() if value is not None and isfinite(value)}


def _rounded(value: float) -> float:
    return round(value, 4) if value >= 0.01 else float(f"{value:.2g}")
