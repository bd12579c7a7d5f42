"""Step 2: serve the candidate with the real inference server, ask it about labelled images, write verdict.json.

The step succeeds whatever the verdict is: a refusal is a result. deploy_service acts on it.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from azureml.core import Workspace

from config.errors import ModelError
from config.settings import Settings, load_settings
from steps.artifacts import Answer, Candidate, Check, Verdict
from steps.checks import Measured, judge, parity_check
from steps.client import Reply, ScoringClient
from steps.environment import ROOT, scoring_environment, scoring_variables
from steps.inference_server import InferenceServer
from steps.parity import Parity, compare, original_probabilities
from steps.registry import MODEL_FOLDER, download_folder, download_version, find_version
from steps.saved_model import content_hash, frozen_hash
from steps.script import pipeline_run_id, publish, run_script
from steps.validation_data import LabelledImage, load_images
from steps.workspace import current_run

DEVICE_HEADER = "amlgpu-device"
PRECISION_HEADER = "amlgpu-precision"
PARITY_IMAGES = 200
LOGS = "inference-server*.log"


def measure(
    candidate: Candidate,
    model_dir: Path,
    images: Sequence[LabelledImage],
    settings: Settings,
    log: Path,
    precision: str | None = None,
) -> tuple[Measured, tuple[Answer, ...]]:
    """Serve ``model_dir`` and score ``images``: what was seen, and the answers that were given.

    ``precision`` is to be served in instead of ``settings.scoring.precision``.

    A server that doesn't start, or answers with errors, is something seen too, never an exception.
    """
    signature = str(candidate.signature)
    saved_model = model_dir / MODEL_FOLDER
    if (content_hash(saved_model), frozen_hash(saved_model)) != (candidate.content_hash, candidate.frozen_hash):
        return Measured(signature, intact=False, startup_seconds=None, startup_error="not started"), ()
    budget = settings.validation.startup_seconds
    try:
        variables = scoring_variables(settings, precision)
        with InferenceServer(ROOT, model_dir, variables, deadline=budget, log=log) as server:
            replies = _score(server.scoring_uri, images, settings)
            startup_seconds = server.startup_seconds
    except ModelError as error:
        return Measured(signature, intact=True, startup_seconds=None, startup_error=str(error)), ()
    measured = _measured(signature, startup_seconds, images, replies)
    return _with_parity(measured, saved_model, images, replies), _answers(images, replies)


def _score(uri: str, images: Sequence[LabelledImage], settings: Settings) -> list[Reply]:
    with ScoringClient(uri, None, timeout=settings.service.scoring_timeout_ms / 1000) as client:
        return client.score_all([image.image for image in images], settings.validation.concurrency)


def _measured(
    signature: str, startup_seconds: float, images: Sequence[LabelledImage], replies: Sequence[Reply]
) -> Measured:
    pairs = list(zip(images, replies, strict=True))
    good = [reply for reply in replies if reply.ok]
    return Measured(
        signature,
        intact=True,
        startup_seconds=startup_seconds,
        samples=len(images),
        correct=sum(reply.ok and reply.predicted == image.label for image, reply in pairs),
        errors=tuple(f"{image.file}: {reply.summary}" for image, reply in pairs if not reply.ok),
        latencies_ms=tuple(reply.latency_ms for reply in good),
        devices=frozenset(reply.headers.get(DEVICE_HEADER, "unknown") for reply in good),
        precisions=frozenset(reply.headers.get(PRECISION_HEADER, "unknown") for reply in good),
    )


def _with_parity(
    measured: Measured, saved_model: Path, images: Sequence[LabelledImage], replies: Sequence[Reply]
) -> Measured:
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


def _answers(images: Sequence[LabelledImage], replies: Sequence[Reply]) -> tuple[Answer, ...]:
    return tuple(
        Answer(file=image.file, label=image.label, predicted=reply.predicted)
        for image, reply in zip(images, replies, strict=True)
        if reply.ok and reply.predicted is not None
    )


def measure_precisions(
    candidate: Candidate, model_dir: Path, images: Sequence[LabelledImage], settings: Settings, work: Path
) -> tuple[Measured, tuple[Answer, ...], tuple[Check, ...]]:
    """measure(), and again in float32 where ``auto`` chose a precision that doesn't keep parity with the original.

    The checks are those that refused the first precision. The logs stay in ``work``, by LOGS.
    """
    measured, answers = measure(candidate, model_dir, images, settings, work / "inference-server.log")
    check = parity_check(measured, settings.validation)
    if settings.scoring.precision != "auto" or check.passed or measured.precision == "float32":
        return measured, answers, ()
    print(f"{measured.precision or 'auto'} is refused: {check}: measuring in float32")
    log = work / "inference-server-float32.log"
    return *measure(candidate, model_dir, images, settings, log, "float32"), (check,)


def validate(
    workspace: Workspace, candidate: Candidate, settings: Settings, sample_count: int, run_id: str, work: Path
) -> Verdict:
    """Download the registered version and its images into ``work``, measure and judge it; the log stays there."""
    version = find_version(workspace, candidate.model_name, candidate.model_version)
    model_dir = download_version(version, work)
    images = load_images(download_folder(workspace, candidate.validation_data, work / "validation"), sample_count)
    measured, answers, refused = measure_precisions(candidate, model_dir, images, settings, work)
    precision = measured.precision or settings.scoring.precision
    status, checks = judge(measured, settings.validation)
    return Verdict(
        status=status,
        model_name=candidate.model_name,
        model_version=candidate.model_version,
        content_hash=candidate.content_hash,
        environment=scoring_environment(settings, precision).name,
        precision=precision,
        refused=refused,
        checks=checks,
        metrics=measured.metrics,
        answers=answers,
        run_id=run_id,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidate", required=True, type=Path)
    parser.add_argument("--sample-count", required=True, type=int)
    parser.add_argument("--verdict", required=True, type=Path)
    arguments = parser.parse_args()
    settings, run = load_settings(), current_run()
    candidate = Candidate.read(arguments.candidate)
    with TemporaryDirectory() as work:
        verdict = validate(
            run.experiment.workspace, candidate, settings, arguments.sample_count, pipeline_run_id(run), Path(work)
        )
        for log in Path(work).glob(LOGS):
            run.upload_file(f"outputs/{log.name}", str(log))
    for name, value in verdict.metrics.items():
        run.log(name, value)
    publish(run, verdict, arguments.verdict)
    print(f"{candidate.model} is {verdict.status}")
    for check in verdict.checks:
        print(f"  {'passed' if check.passed else 'FAILED' if check.passed is False else 'undecided'}: {check}")


if __name__ == "__main__":
    run_script(main)
