"""Serves one model version with the real inference server, and notes what a judge needs to know."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from config.errors import ModelError
from config.settings import Settings
from steps.artifacts.verdict import Answer
from steps.querying.client import Reply, ScoringClient, percentile
from steps.registration.versions import saved_model_in
from steps.validation.inference_server import InferenceServer
from steps.validation.labelled_images import LabelledImage
from steps.validation.parity import Parity, compare, original_probabilities

DEVICE_HEADER = "amlgpu-device"
PRECISION_HEADER = "amlgpu-precision"
PARITY_IMAGES = 200
CLIENT_ERRORS = range(400, 500)
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Measured:
    """What one server was seen to do; empty where it never started."""

    startup_seconds: float | None
    """Seconds until the inference server was healthy; None when it never was."""
    startup_error: str = ""
    right: tuple[bool, ...] = ()
    """For each image, in order, whether it was answered rightly; an image without an answer was not."""
    errors: tuple[str, ...] = ()
    """One line for each request that wasn't answered with a class."""
    latencies_ms: tuple[float, ...] = ()
    """Milliseconds of each answered request."""
    devices: frozenset[str] = frozenset()
    """Devices that the answers named, such as GPU:0."""
    precisions: frozenset[str] = frozenset()
    """Arithmetics that the answers named, such as bfloat16."""
    classes: frozenset[int] = frozenset()
    """Lengths of the answered vectors of probabilities."""
    not_refused: tuple[str, ...] | None = None
    """One line for each bad request that wasn't refused as the client's fault; None: none was sent."""
    parity: Parity | None = None
    """None: nothing was answered that could be compared."""
    parity_error: str = ""
    answers: tuple[Answer, ...] = ()
    """What was said about each image that was answered."""

    @property
    def samples(self) -> int:
        return len(self.right)

    @property
    def correct(self) -> int:
        return sum(self.right)

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
        return {name: _rounded(value) for name, value in values.items() if value is not None}


def _rounded(value: float) -> float:
    return round(value, 4) if value >= 0.01 else float(f"{value:.2g}")


def measure(
    root: Path,
    model_dir: Path,
    variables: Mapping[str, str],
    images: Sequence[LabelledImage],
    settings: Settings,
    log: Path,
    *,
    parity: bool,
) -> Measured:
    """Serve ``model_dir`` with the scoring code of ``root``, and score ``images``.

    With ``parity``, the answers are compared with those of the SavedModel as it is. A server that doesn't start, or
    answers with errors, is something seen too, never an exception.
    """
    budget = settings.validation.startup_seconds
    unsampled = {**variables, "SCORING_SAMPLE_SHARE": "0"}  # samples are of what clients send
    try:
        with InferenceServer(root, model_dir, unsampled, deadline=budget, log=log) as server:
            timeout = settings.service.scoring_timeout_ms / 1000
            with ScoringClient(server.scoring_uri, None, timeout) as client:
                replies = client.score_all([image.image for image in images], settings.validation.concurrency)
                not_refused = bad_requests(client, images[0].image)
            startup_seconds = server.startup_seconds
    except ModelError as error:
        return Measured(startup_seconds=None, startup_error=str(error))
    measured = replace(_summary(images, replies), startup_seconds=startup_seconds, not_refused=not_refused)
    return with_parity(measured, saved_model_in(model_dir), images, replies) if parity else measured


def bad_requests(client: ScoringClient, image: bytes) -> tuple[str, ...]:
    """Send what score.py must refuse with a 4xx; a line for each that it didn't, or for a service harmed by them."""
    sends: dict[str, Callable[[], Reply]] = {
        "no body": lambda: client.score(b""),
        "not an image": lambda: client.score(b"not an image"),
        "torn image": lambda: client.score(image[: len(image) // 3]),
        "JSON": lambda: client.score(b'{"data": [[0, 0, 0]]}'),
        "GET": lambda: client.request("GET"),
    }
    refused = {name: send() for name, send in sends.items()}
    wrong = [f"{name}: {reply.summary}" for name, reply in refused.items() if reply.status not in CLIENT_ERRORS]
    after = client.score(image)
    return (*wrong, *(() if after.ok else (f"a good image after these: {after.summary}",)))


def with_parity(
    measured: Measured, saved_model: Path, images: Sequence[LabelledImage], replies: Sequence[Reply]
) -> Measured:
    """``measured``, its answers compared with what the SavedModel itself says."""
    try:
        return replace(measured, parity=_parity(saved_model, images, replies))
    except ModelError as error:
        return replace(measured, parity_error=str(error))


def _parity(saved_model: Path, images: Sequence[LabelledImage], replies: Sequence[Reply]) -> Parity | None:
    pairs = zip(images, replies, strict=True)
    scored = [(image.image, reply.probabilities) for image, reply in pairs if reply.ok and reply.probabilities]
    if not scored:
        return None
    chosen = scored[:PARITY_IMAGES]
    served = [np.array(probabilities, np.float32) for _, probabilities in chosen]
    return compare(original_probabilities(saved_model, [image for image, _ in chosen]), served)


def _summary(images: Sequence[LabelledImage], replies: Sequence[Reply]) -> Measured:
    pairs = list(zip(images, replies, strict=True))
    good = [reply for reply in replies if reply.ok]
    return Measured(
        startup_seconds=None,
        right=tuple(reply.ok and reply.predicted == image.label for image, reply in pairs),
        errors=tuple(f"{image.file}: {reply.summary}" for image, reply in pairs if not reply.ok),
        latencies_ms=tuple(reply.latency_ms for reply in good),
        devices=frozenset(reply.headers.get(DEVICE_HEADER, UNKNOWN) for reply in good),
        precisions=frozenset(reply.headers.get(PRECISION_HEADER, UNKNOWN) for reply in good),
        classes=frozenset(len(reply.probabilities or ()) for reply in good),
        answers=tuple(
            Answer(file=image.file, label=image.label, predicted=reply.predicted, probability=_confidence(reply))
            for image, reply in pairs
            if reply.ok and reply.predicted is not None
        ),
    )


def _confidence(reply: Reply) -> float | None:
    return round(max(reply.probabilities), 6) if reply.probabilities else None
