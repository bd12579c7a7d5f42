"""Turns what validation measured into named checks and one status. Pure: no clock, no network, no files.

A check whose value is missing fails: nothing is blessed for lack of evidence. Without an accuracy floor, or with too
few images to judge by, the status is UNDECIDED, never BLESSED.
"""

from dataclasses import dataclass

from config.settings import Validation
from steps.artifacts import Check, Status
from steps.client import percentile
from steps.parity import Parity


@dataclass(frozen=True)
class Measured:
    """What one validation run saw."""

    signature: str
    intact: bool
    """The downloaded files have the content hash that was registered."""
    startup_seconds: float | None
    """Seconds until the inference server was healthy; None when it never was."""
    startup_error: str = ""
    samples: int = 0
    correct: int = 0
    errors: tuple[str, ...] = ()
    """One line for each request that wasn't answered with a class."""
    latencies_ms: tuple[float, ...] = ()
    """Milliseconds of each answered request."""
    devices: frozenset[str] = frozenset()
    """Devices that the answers named, such as GPU:0."""
    precisions: frozenset[str] = frozenset()
    """Arithmetics that the answers named, such as bfloat16."""
    parity: Parity | None = None
    """None: nothing was answered that could be compared."""
    parity_error: str = ""

    @property
    def precision(self) -> str | None:
        """The arithmetic that every answer named; None when none did, or they differ."""
        return next(iter(self.precisions)) if len(self.precisions) == 1 else None

    @property
    def accuracy(self) -> float | None:
        """Share of right answers among all images; an image without an answer counts as wrong."""
        return self.correct / self.samples if self.samples else None

    def latency_ms(self, percent: float) -> float | None:
        return round(percentile(self.latencies_ms, percent), 2) if self.latencies_ms else None

    @property
    def metrics(self) -> dict[str, float]:
        """The numbers worth a chart, by name; what wasn't measured is left out."""
        values = {
            "accuracy": self.accuracy,
            "latency_p50_ms": self.latency_ms(50),
            "latency_p99_ms": self.latency_ms(99),
            "startup_seconds": self.startup_seconds,
            "samples": float(self.samples),
            "errors": float(len(self.errors)),
            "parity_agreement": self.parity.agreement if self.parity else None,
            "parity_difference": self.parity.difference if self.parity else None,
        }
        return {name: round(value, 4) for name, value in values.items() if value is not None}


def judge(measured: Measured, thresholds: Validation) -> tuple[Status, tuple[Check, ...]]:
    """Every check with its threshold and measured value, and the status that they add up to."""
    checks = (
        _signature(measured),
        _startup(measured, thresholds.startup_seconds),
        _errors(measured),
        _gpu_used(measured, thresholds.require_gpu),
        _accuracy_floor(measured, thresholds),
        parity_check(measured, thresholds),
        *_latency("latency_p50", measured.latency_ms(50), thresholds.latency_p50_ms),
        *_latency("latency_p99", measured.latency_ms(99), thresholds.latency_p99_ms),
    )
    return _status(checks), checks


def _status(checks: tuple[Check, ...]) -> Status:
    if any(check.passed is False for check in checks):
        return "NOT_BLESSED"
    if any(check.passed is None for check in checks):
        return "UNDECIDED"
    return "BLESSED"


def _signature(measured: Measured) -> Check:
    detail = "" if measured.intact else "the downloaded files aren't those that were registered"
    return Check(
        name="signature", passed=measured.intact, measured=measured.signature, threshold="as registered", detail=detail
    )


def _startup(measured: Measured, limit: float) -> Check:
    seconds = measured.startup_seconds
    passed = seconds is not None and seconds <= limit
    shown = None if seconds is None else round(seconds, 2)
    return Check(name="startup", passed=passed, measured=shown, threshold=limit, detail=measured.startup_error)


def _errors(measured: Measured) -> Check:
    count = len(measured.errors)
    if not measured.samples:
        return Check(name="errors", passed=False, measured=None, threshold=0, detail="no image was scored")
    detail = measured.errors[0] if measured.errors else ""
    return Check(name="errors", passed=count == 0, measured=count, threshold=0, detail=detail)


def _gpu_used(measured: Measured, required: bool) -> Check:
    devices = ", ".join(sorted(measured.devices)) or None
    if not required:
        return Check(name="gpu_used", passed=True, measured=devices, threshold="any device")
    on_gpu = bool(measured.devices) and all(device.startswith("GPU") for device in measured.devices)
    return Check(name="gpu_used", passed=on_gpu, measured=devices, threshold="GPU")


def _accuracy_floor(measured: Measured, thresholds: Validation) -> Check:
    floor, accuracy = thresholds.accuracy_floor, measured.accuracy
    shown = None if accuracy is None else round(accuracy, 4)
    passed: bool | None
    if floor is None:
        passed, detail = None, "validation.accuracy_floor isn't set: nothing says what is good enough"
    elif accuracy is None:
        passed, detail = False, "no image was scored"
    elif measured.samples < thresholds.minimum_samples:
        passed, detail = None, f"{measured.samples} images are too few, {thresholds.minimum_samples} are needed"
    else:
        passed, detail = accuracy >= floor, f"{measured.correct} of {measured.samples} images"
    return Check(name="accuracy_floor", passed=passed, measured=shown, threshold=floor, detail=detail)


def parity_check(measured: Measured, thresholds: Validation) -> Check:
    """The optimised graph, in the precision that it was served in, answers as the original SavedModel does."""
    parity = measured.parity
    passed = (
        parity is not None
        and measured.precision is not None
        and parity.agreement >= thresholds.parity_agreement
        and parity.difference <= thresholds.parity_difference
    )
    required = f"{thresholds.parity_agreement:g} agree, differ by {thresholds.parity_difference:g} at most"
    precisions = ", ".join(sorted(measured.precisions))
    detail = measured.parity_error or (f"{parity.images} images in {precisions}" if parity else "no image was scored")
    shown = None if parity is None else str(parity)
    return Check(name="optimisation_parity", passed=passed, measured=shown, threshold=required, detail=detail)


def _latency(name: str, measured: float | None, limit: float | None) -> tuple[Check, ...]:
    if limit is None:
        return ()
    return (Check(name=name, passed=measured is not None and measured <= limit, measured=measured, threshold=limit),)
