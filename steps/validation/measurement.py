"""Serves one model version with the real inference server, and notes what a judge needs to know."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from config.errors import ModelError
from config.settings import Settings
from scoring.contract import Contract
from steps.querying.bodies import bad_bodies, content_type
from steps.querying.client import Reply, ScoringClient
from steps.registration.versions import saved_model_in
from steps.validation.asking import Seen, ask_all
from steps.validation.inference_server import InferenceServer
from steps.validation.measured import Measured
from steps.validation.parity import Parity, compare_answers, original_answers
from steps.validation.samples.sample import Sample
from steps.validation.tasks import judge_of
from steps.validation.tasks.task import Task

PARITY_SAMPLES = 200
CLIENT_ERRORS = range(400, 500)


@dataclass(frozen=True)
class Questions:
    """What every server of one validation is asked, and how its answers are read."""

    samples: Sequence[Sample]
    contract: Contract | None
    settings: Settings

    @property
    def task(self) -> Task:
        return judge_of(self.contract, self.settings.validation)


def measure(
    root: Path, model_dir: Path, variables: Mapping[str, str], questions: Questions, log: Path, *, parity: bool
) -> Measured:
    """Serve ``model_dir`` with the scoring code of ``root``, and ask it about every sample.

    With ``parity``, the answers are compared with those of the SavedModel as it is. A server that doesn't start, or
    answers with errors, is something seen too, never an exception.
    """
    settings, samples = questions.settings, questions.samples
    budget, timeout = settings.validation.startup_seconds, settings.service.scoring_timeout_ms / 1000
    kind, concurrency = content_type(questions.contract), settings.validation.concurrency
    unsampled = {**variables, "SCORING_SAMPLE_SHARE": "0"}  # samples are of what clients send
    # Not where its start is compared with production's, beside which nothing else was done.
    meanwhile = _import_the_rest if parity and settings.validation.startup_ratio is None else None
    with ExitStack() as stack:
        try:
            server = InferenceServer(root, model_dir, unsampled, deadline=budget, log=log, meanwhile=meanwhile)
            stack.enter_context(server)
        except ModelError as error:
            return Measured(startup_seconds=None, startup_error=str(error))
        client = stack.enter_context(ScoringClient(server.scoring_uri, None, timeout, kind))
        seen = ask_all(client, samples, questions.task, concurrency, PARITY_SAMPLES if parity else 0)
        not_refused = bad_requests(client, samples[0].body, questions.contract)
        startup_seconds = server.startup_seconds
    measured = replace(_summary(seen), startup_seconds=startup_seconds, not_refused=not_refused)
    return _with_parity(measured, saved_model_in(model_dir), questions, seen) if parity else measured


def _import_the_rest() -> None:
    """What is needed once the server has answered, and takes seconds: for the original SavedModel and the plots."""
    import scoring.model.lean_tensorflow  # before anything imports TensorFlow
    import scoring.scorer  # noqa: F401
    import steps.validation.report.plots.figures  # noqa: F401


def bad_requests(client: ScoringClient, good: bytes, contract: Contract | None) -> tuple[str, ...]:
    """Send what score.py must refuse with a 4xx; a line for each that it didn't, or for a service harmed by them."""
    sends: dict[str, Callable[[], Reply]] = {
        **{name: _post(client, body) for name, body in bad_bodies(contract, good).items()},
        "GET": lambda: client.request("GET"),
    }
    refused = {name: send() for name, send in sends.items()}
    wrong = [f"{name}: {reply.summary}" for name, reply in refused.items() if reply.status not in CLIENT_ERRORS]
    after = client.score(good)
    return (*wrong, *(() if after.ok else (f"a good request after these: {after.summary}",)))


def _post(client: ScoringClient, body: bytes) -> Callable[[], Reply]:
    return lambda: client.score(body)


def _with_parity(measured: Measured, saved_model: Path, questions: Questions, seen: Sequence[Seen]) -> Measured:
    """``measured``, its first answers compared with what the SavedModel itself says."""
    try:
        return replace(measured, parity=_parity(saved_model, questions, seen))
    except ModelError as error:
        return replace(measured, parity_error=str(error))


def _parity(saved_model: Path, questions: Questions, seen: Sequence[Seen]) -> Parity | None:
    task, pairs = questions.task, zip(questions.samples, seen[:PARITY_SAMPLES], strict=False)
    answered = [(sample.body, one.answer) for sample, one in pairs if task.predicted(one.answer, None) is not None]
    if not answered:
        return None
    bodies, served = zip(*answered, strict=True)
    return compare_answers(task, original_answers(saved_model, questions.contract, bodies), served)


def _summary(seen: Sequence[Seen]) -> Measured:
    good = [one for one in seen if one.scored.answered]
    return Measured(
        startup_seconds=None,
        scored=tuple(one.scored for one in seen),
        errors=tuple(one.error for one in seen if one.error),
        latencies_ms=tuple(one.latency_ms for one in good),
        devices=frozenset(one.device for one in good),
        precisions=frozenset(one.precision for one in good),
    )
