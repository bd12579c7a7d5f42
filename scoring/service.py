"""The running service: a scorer behind a batcher, and the replies that HTTP needs of them."""

import gc
import logging
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from scoring.batcher import Batch, Batcher, Outcome
from scoring.contract import version_folder
from scoring.errors import LateAnswerError, RequestError, StartupError
from scoring.hashing.tree_hash import code_hash
from scoring.hashing.version_hash import check_version
from scoring.monitoring.metrics import Metrics
from scoring.monitoring.sampling import start_sampler
from scoring.scorer import Scorer, open_scorer
from scoring.settings import ServiceSettings, read_settings

HEADERS_OF_STATUS = {
    408: {"Connection": "close"},  # the rest of the body may never come, or never end
    503: {"Retry-After": "1"},  # seconds: a full queue is worked off in about that time
}
# How long a thread that computes in Python makes the others wait. Under overload the event loop is never idle: with
# Python's 5 ms, a lane would wait that long whenever TensorFlow gives it an answer.
SWITCH_SECONDS = 0.0005
VERSION_HEADER = "amlgpu-version-hash"
CODE_HEADER = "amlgpu-code-hash"
TIMING = {"amlgpu-batch-size": "%d", "amlgpu-queue-ms": "%.2f", "amlgpu-compute-ms": "%.2f"}
"""Headers of a 200, each with the form of its part of Outcome.timing."""
# A body's million lists are no garbage, but Python's 700 has them looked through again and again while they are made:
# the longest body of JSON then stops every request for 1.3 s, with these for 0.4 s.
GC_THRESHOLDS = (50_000, 20, 100)

logger = logging.getLogger("azmlinfsrv.service")


@dataclass(frozen=True)
class Reply:
    """One answer of the service, whichever server sends it."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """Without Content-Length."""


class Service:
    """What init() makes ready and requests are answered by."""

    def __init__(
        self, scorer: Scorer, settings: ServiceSettings, model: str, proof: Mapping[str, str], start_seconds: float
    ) -> None:
        self.settings = settings
        self.contract = scorer.contract
        self.reader = scorer.reader
        self.metrics = Metrics(lambda: self.batcher.waiting, start_seconds)
        self._sampler = start_sampler(settings, model, self.metrics.count_sample)
        self.batcher = Batcher(
            scorer.answer,
            max_batch=settings.max_batch,
            lanes=settings.lanes,
            max_queue=settings.max_queue,
            max_bytes=settings.max_held_bytes,
            observe=self._observe,
            by_weight=True,
        )
        self.headers: Mapping[str, str] = {
            "Content-Type": "application/json",
            "amlgpu-model": model,
            "amlgpu-device": scorer.device,
            "amlgpu-precision": scorer.precision,
            **proof,
        }

    def _observe(self, batch: Batch) -> None:
        self.metrics.observe(batch)
        if self._sampler:
            self._sampler.observe(batch)

    def answer(self, body: bytes) -> Reply:
        """Score one request and wait for it: for a server that gives each request a thread."""
        try:
            weight = self.reader.check(body)
            future: Future[Outcome] = Future()
            ticket = self.batcher.submit(body, future.set_result, weight=weight)
            try:
                return self.reply(future.result(self.settings.timeout_ms / 1e3))
            except FutureTimeoutError:
                raise self.late() from None
            finally:
                self.batcher.cancel(ticket)
        except RequestError as error:
            return self.refusal(error)

    def reply(self, outcome: Outcome) -> Reply:
        """The reply to a request that was scored."""
        if outcome.error:
            return self.refusal(outcome.error)
        return Reply(200, self.scored(outcome), {**self.headers, **timing(outcome)})

    def scored(self, outcome: Outcome) -> bytes:
        """The body of a 200, which is counted."""
        self.metrics.count(200)
        return outcome.body

    def refusal(self, error: RequestError) -> Reply:
        """The reply to a request that can't be answered."""
        return self._error(error.status, error.code, str(error), HEADERS_OF_STATUS.get(error.status, {}))

    def wrong_method(self) -> Reply:
        """The reply to anything but a POST."""
        return self._error(405, "MethodNotAllowed", self.reader.usage, {"Allow": "POST"})

    def late(self) -> LateAnswerError:
        """The error of a request whose time is up."""
        return LateAnswerError(f"No answer within {self.settings.timeout_ms} ms: try again in a second.")

    def _error(self, status: int, code: str, message: str, headers: Mapping[str, str]) -> Reply:
        self.metrics.count(status)
        body = orjson.dumps({"error": {"code": code, "message": message}})
        return Reply(status, body, {**self.headers, **headers})


def timing(outcome: Outcome) -> dict[str, str]:
    """The headers of a 200 that tell of its batch."""
    return {name: form % value for (name, form), value in zip(TIMING.items(), outcome.timing, strict=True)}


_running: Service | None = None


def start(environ: Mapping[str, str] = os.environ) -> Service:
    """Make the process's service ready. StartupError when it can't be."""
    global _running  # noqa: PLW0603 -- the server knows an entry script by two functions, nothing else carries state
    started = time.monotonic()
    settings = read_settings(environ)
    folder = _model_folder(environ)
    proof = {VERSION_HEADER: check_version(folder, settings.version_hash), CODE_HEADER: code_hash()}
    scorer = open_scorer(version_folder(folder), settings)
    model = f"{folder.parent.name}:{folder.name}"
    seconds = time.monotonic() - started
    _running = Service(scorer, settings, model, proof, seconds)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()  # TensorFlow's hundred thousands of objects stay: looking through them again stops every request
    gc.set_threshold(*GC_THRESHOLDS)
    logger.info("%s is ready on %s in %s after %.1f s", model, scorer.device, scorer.precision, seconds)
    return _running


def running() -> Service:
    """What start() made. StartupError before that."""
    if _running is None:
        raise StartupError("The service was asked for before init() made it ready.")
    return _running


def _model_folder(environ: Mapping[str, str]) -> Path:
    """The registered version's folder `.../<name>/<version>`, which holds `model/`."""
    folder = environ.get("AZUREML_MODEL_DIR")
    if not folder:
        raise StartupError("AZUREML_MODEL_DIR isn't set: it must be the registered version's folder, which has model/.")
    return Path(folder).absolute()
