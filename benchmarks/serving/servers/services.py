"""The services under test, by name, and one of them running."""

import http.client
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from benchmarks.machine import cpu
from benchmarks.serving import CACHE, ROOT
from benchmarks.serving.client.answers import parity, refusal
from benchmarks.serving.client.load import Target, write_target
from benchmarks.serving.client.wires import OUR_WIRES, Json, RawJpeg, TritonBinary, V2Json, Wire
from benchmarks.serving.models import BenchmarkModel, Expected, Form
from benchmarks.serving.report.results import HIGHEST
from benchmarks.serving.servers.metrics import metrics
from benchmarks.serving.servers.peers import FOLDER, UnavailableError, free_port, last_line, peer
from benchmarks.serving.servers.processes import running, stop_all
from config.errors import ModelError
from config.settings import load_settings
from steps.scoring_environment import scoring_variables
from steps.validation.inference_server import InferenceServer
from steps.validation.parity import Parity

START_SECONDS = 120.0
RETRY_SECONDS = 0.02
FAILURES = (OSError, http.client.HTTPException, ValueError, KeyError, TypeError)
"""What `ask` raises."""

OURS, OURS_BFLOAT16, SEED = "ours", "ours, bfloat16", "seed"
NO_BFLOAT16 = "this processor has no AVX512_BF16"

Kind = Literal["ours", "seed", "peer", "null"]
Start = Callable[[BenchmarkModel, Path], AbstractContextManager[str]]


@dataclass(frozen=True)
class Service:
    """One way to serve a model. `start` gives the root of its URLs, perhaps before it answers."""

    name: str
    kind: Kind
    start: Start
    wires: Mapping[Form, Wire[Any]]
    """How it is asked; a form that is missing isn't measured."""
    precision: str = "float32"


@dataclass(frozen=True)
class Running:
    """A service that has given its first answer, a correct one, `startup_seconds` after its process was started.

    In 16 bits one answer says little, so the first counts as it is and `check_answers` judges all of them.
    """

    target: Target
    startup_seconds: float


def inference_server(root: Path, variables: Callable[[], Mapping[str, str]]) -> Start:
    """With WORKER_COUNT among the variables, it has started when each of so many processes answers."""

    @contextmanager
    def start(model: BenchmarkModel, log: Path) -> Iterator[str]:
        given = variables()
        try:
            with InferenceServer(root, model.folder, given, deadline=START_SECONDS, log=log) as server:
                url = server.scoring_uri.removesuffix("/score")
                if "WORKER_COUNT" in given:
                    metrics(url, int(given["WORKER_COUNT"]), START_SECONDS)
                yield url
        except (ModelError, TimeoutError) as error:
            raise UnavailableError(last_line(str(error))) from error

    return start


def _seed(variables: Callable[[], Mapping[str, str]] = dict) -> Start:
    return lambda model, log: inference_server(SEED_ROOTS[model.form], variables)(model, log)


def _peer(name: str) -> Start:
    return lambda model, log: peer(name, PROGRAMS[model.form], model.saved_model, log)


@contextmanager
def _null(_: BenchmarkModel, log: Path) -> Iterator[str]:
    port = free_port()
    with running([sys.executable, "-m", "benchmarks.serving.servers.null", str(port)], {}, log, ROOT):
        yield f"http://127.0.0.1:{port}"


def our_variables(precision: str = "float32", form: Form = "jpeg") -> Mapping[str, str]:
    """The environment of our service, from the settings of the local target; rows are batched as the peers' are."""
    batch = {"scoring.max_batch": str(MAX_ROWS)} if form == "json" else {}
    return scoring_variables(load_settings("local", {"scoring.precision": precision, **batch}))


def _ours(model: BenchmarkModel, log: Path) -> AbstractContextManager[str]:
    return inference_server(ROOT, partial(our_variables, form=model.form))(model, log)


def has_bfloat16(cpu_features: object) -> bool:
    return isinstance(cpu_features, list) and "avx512_bf16" in cpu_features


def _our_bfloat16_variables() -> Mapping[str, str]:
    if not has_bfloat16(cpu()[1]):
        raise UnavailableError(NO_BFLOAT16)
    return our_variables("bfloat16")


MAX_ROWS = 1024  # in a call: small ones cost next to nothing
SEED_ROOTS: Mapping[Form, Path] = {"jpeg": FOLDER / "seed", "json": FOLDER / "seed" / "tensors"}
PROGRAMS: Mapping[Form, str] = {"jpeg": "serve.py", "json": "tensors.py"}
SEED_WIRES: Mapping[Form, Wire[Any]] = {"jpeg": RawJpeg(), "json": Json("data")}
NULL = Service("null", "null", _null, OUR_WIRES)
SERVICES = (
    Service(OURS, "ours", _ours, OUR_WIRES),
    Service(OURS_BFLOAT16, "ours", inference_server(ROOT, _our_bfloat16_variables), {"jpeg": RawJpeg()}, "bfloat16"),
    Service(SEED, "seed", _seed(), SEED_WIRES),
    Service("seed, 32 threads", "seed", _seed(lambda: {"GUNICORN_CMD_ARGS": "--threads 32"}), SEED_WIRES),
    Service("FastAPI", "peer", _peer("fastapi"), {"jpeg": RawJpeg(), "json": Json("data", "predictions")}),
    Service("BentoML", "peer", _peer("bentoml"), {"jpeg": RawJpeg(), "json": Json("features")}),
    Service("LitServe", "peer", _peer("litserve"), {"jpeg": RawJpeg(), "json": Json("input", "output")}),
    Service("Ray Serve", "peer", _peer("ray_serve"), {"jpeg": RawJpeg(), "json": Json("data", "predictions")}),
    Service("MLServer", "peer", _peer("mlserver"), {"jpeg": RawJpeg(), "json": V2Json()}),
    Service("PyTriton", "peer", _peer("pytriton"), {"jpeg": TritonBinary(), "json": V2Json()}),
)


@contextmanager
def _alone() -> Iterator[None]:
    """Leave nothing running: some servers start daemons that outlive them."""
    try:
        yield
    finally:
        stop_all()


@contextmanager
def serve(service: Service, model: BenchmarkModel) -> Iterator[Running]:
    """Run `service` with `model` until the block ends.

    UnavailableError when it gives no correct answer in time, or isn't asked in the model's form.
    """
    if model.form not in service.wires:
        raise UnavailableError(f"not measured with {model.form.upper()}")
    wire = service.wires[model.form]
    log = CACHE / "logs" / service.name.replace(" ", "-") / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with _alone(), service.start(model, log) as root:
        url = root + wire.path
        exact = service.kind != "null" and service.precision == "float32"
        first = model.samples[0]
        expected = model.expected[: len(model.expected) // len(model.samples)] if exact else None
        try:
            _await_answer(lambda: ask(url, wire, first), expected, started + START_SECONDS)
        except TimeoutError as error:
            end = last_line(log.read_text(encoding="utf-8", errors="replace"))
            raise UnavailableError(f"no correct answer in {START_SECONDS:g} s ({error}); its log ends: {end}") from None
        startup = time.monotonic() - started
        yield Running(write_target(url, wire, model.samples, CACHE / "requests" / log.parent.name), startup)


def check_answers(running: Running, service: Service, model: BenchmarkModel) -> Parity:
    """Ask about every sample at once, and compare with the model's own answers.

    UnavailableError when an answer doesn't come, or when they are refused as `answers` describes.
    """
    with ThreadPoolExecutor(HIGHEST) as pool:
        try:
            wire, url = service.wires[model.form], running.target.url
            found = pool.map(lambda sample: ask(url, wire, sample), model.samples)
            answers = [answer for answers in found for answer in answers]
        except FAILURES as error:
            raise UnavailableError(f"failed when asked about many samples: {error}") from error
    reason = refusal(answers, model.expected, service.precision)
    if reason:
        raise UnavailableError(reason)
    return parity(answers, model.expected)


def _await_answer(
    question: Callable[[], Sequence[Expected]], expected: Sequence[Expected] | None, deadline: float
) -> None:
    """Ask until the answer is `expected` (None: any); a TimeoutError says what came last."""
    last = "it was never asked"
    while time.monotonic() < deadline:
        try:
            answer = question()
        except FAILURES as error:
            last = f"{type(error).__name__}: {error}"
        else:
            if expected is None or refusal(answer, expected, "float32") is None:
                return
            last = f"{answer} instead of {expected}"
        time.sleep(RETRY_SECONDS)
    raise TimeoutError(last)


def ask(url: str, wire: Wire[Any], sample: Any) -> list[Expected]:
    """Ask once. OSError or HTTPException when nothing came back, another of FAILURES when it isn't an answer."""
    host, slash, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=START_SECONDS)
    try:
        headers, body = wire.request(sample)
        connection.request("POST", slash + path, body, headers)
        response = connection.getresponse()
        text = response.read()
        if response.status != http.client.OK:
            raise ValueError(f"{response.status} {text[:100].decode(errors='replace')}")
        return wire.answer(response.headers, text)
    finally:
        connection.close()
