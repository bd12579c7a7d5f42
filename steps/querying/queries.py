"""Asks a live service what its clients would ask, and whether it answers as the candidate did in validation."""

from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from config.errors import AmlGpuError, ModelError
from config.settings import Settings
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.release import Query
from steps.datastore import download_folder
from steps.querying.client import Reply, ScoringClient
from steps.validation.labelled_images import read_image
from workspaces.services import ServiceState
from workspaces.workspace import Workspace

MODEL_HEADER = "amlgpu-model"
DEVICE_HEADER = "amlgpu-device"
NOT_AN_IMAGE = b"\xff\xd8\xff\xe0 begins like a JPEG and ends here"


class ImagesError(ModelError):
    """The images that a service was to be asked about can't be read: no fault of the service, and no proof of it."""


def check_answers(deployment: Deployment, replies: Sequence[Reply]) -> Query:
    """The service says of each image what the candidate said in validation."""
    wrong = [
        f"{answer.file}: {reply.predicted if reply.ok else reply.summary}, not {answer.predicted}"
        for answer, reply in zip(deployment.answers, replies, strict=True)
        if not reply.ok or reply.predicted != answer.predicted
    ]
    if not deployment.answers:
        return Query(name="labels", passed=False, detail="the candidate answered no image in validation")
    detail = "; ".join(wrong) or f"{len(replies)} images answered as in validation"
    return Query(name="labels", passed=not wrong, detail=detail)


def check_model(deployment: Deployment, replies: Sequence[Reply]) -> Query:
    """Every answer came from the version that was deployed, not from a replica of the one before."""
    seen = {reply.headers.get(MODEL_HEADER) for reply in replies}
    passed = seen == {f"{deployment.model_name}:{deployment.model_version}"}
    return Query(name="model_version", passed=passed, detail=_names(seen))


def check_device(replies: Sequence[Reply], require_gpu: bool) -> Query:
    """Every answer names the device it was computed on: a GPU where one is required."""
    seen = {reply.headers.get(DEVICE_HEADER) for reply in replies}
    passed = bool(seen) and all(device and (device.startswith("GPU") or not require_gpu) for device in seen)
    return Query(name="device", passed=passed, detail=_names(seen))


def check_status(name: str, reply: Reply, expected: int) -> Query:
    return Query(name=name, passed=reply.status == expected, detail=f"{reply.summary} (expected {expected})")


def check_get(reply: Reply) -> Query:
    """GET is refused, and the refusal says what is allowed."""
    allowed = [method.strip() for method in reply.headers.get("Allow", "").split(",")]
    passed = reply.status == requests.codes.method_not_allowed and "POST" in allowed
    return Query(name="get_refused", passed=passed, detail=f"{reply.summary} (expected 405 and Allow: POST)")


def check_burst(replies: Sequence[Reply]) -> Query:
    failed = [reply.summary for reply in replies if not reply.ok]
    detail = f"{len(failed)} of {len(replies)} failed" + (f", first {failed[0]}" if failed else "")
    return Query(name="burst", passed=not failed, detail=detail)


def query(
    uri: str, key: str, deployment: Deployment, images: Sequence[bytes], settings: Settings
) -> tuple[tuple[Query, ...], Sequence[Reply]]:
    """Put every question to the service; the queries, and the replies to measure latency by."""
    smoke_test = settings.smoke_test
    with ScoringClient(uri, None, smoke_test.timeout_seconds) as stranger:
        without_key = stranger.score(images[0] if images else NOT_AN_IMAGE)
    with ScoringClient(uri, key, smoke_test.timeout_seconds) as client:
        replies = client.score_all(images, concurrency=1)
        get, broken = client.request("GET"), client.score(NOT_AN_IMAGE)
        wanted = smoke_test.burst_requests if images else 0
        burst = client.score_all(list(islice(cycle(images), wanted)), smoke_test.burst_concurrency)
    queries = (
        check_answers(deployment, replies),
        check_model(deployment, [*replies, *burst]),
        check_device([*replies, *burst], settings.validation.require_gpu),
        check_status("key_required", without_key, requests.codes.unauthorized),
        check_get(get),
        check_status("broken_image_refused", broken, requests.codes.bad_request),
        check_burst(burst),
    )
    return queries, burst or replies


def ask(
    workspace: Workspace,
    name: str,
    state: ServiceState,
    candidate: Candidate,
    deployment: Deployment,
    settings: Settings,
) -> tuple[tuple[Query, ...], Sequence[Reply]]:
    """Put every question to the service ``name``, now in ``state``, about the images of the deployment's validation.

    The answers are printed.
    ImagesError when these can't be read.
    """
    images = _images(workspace, candidate, [answer.file for answer in deployment.answers])
    key, _ = workspace.services.keys(name)
    queries, replies = query(state.scoring_uri or "", key, deployment, images, settings)
    for each in queries:
        print(f"  {'passed' if each.passed else 'FAILED'}: {each.name}: {each.detail}")
    return queries, replies


def _images(workspace: Workspace, candidate: Candidate, names: Sequence[str]) -> list[bytes]:
    try:
        with TemporaryDirectory() as work:
            folder = download_folder(workspace, candidate.validation_data, Path(work), only=names)
            return [read_image(folder, name) for name in names]
    except AmlGpuError as error:
        raise ImagesError(f"the validation images couldn't be read: {error}") from error


def failures(queries: Sequence[Query]) -> list[str]:
    """One line for each query that failed."""
    return [f"{each.name}: {each.detail}" for each in queries if not each.passed]


def _names(seen: set[str | None]) -> str:
    return ", ".join(sorted(value or "no header" for value in seen)) or "no answer"
