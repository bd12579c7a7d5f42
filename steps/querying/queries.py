"""Asks a live service what its clients would ask, and whether it answers as the candidate did in validation."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import requests

from config.errors import AmlGpuError, ModelError
from config.settings import Settings
from scoring.contract import Contract
from scoring.hashing.version_hash import VARIABLE
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.release import Query
from steps.artifacts.verdict import Answer
from steps.folders.datastore import download_folder
from steps.querying.bodies import broken_body, content_type
from steps.querying.client import Reply, ScoringClient
from steps.querying.first_answer import await_first_answer
from steps.validation.samples.bodies import files_of, read_bodies
from steps.validation.tasks import judge_of
from steps.validation.tasks.task import Task
from workspaces.errors import RequestError
from workspaces.services import ServiceState
from workspaces.workspace import Workspace

MODEL_HEADER = "amlgpu-model"
DEVICE_HEADER = "amlgpu-device"
VERSION_HEADER = "amlgpu-version-hash"
CODE_HEADER = "amlgpu-code-hash"
SHORT = 12  # characters of a hash
SHOWN = 200  # characters of an answer
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class SamplesError(ModelError):
    """The samples that a service was to be asked about can't be read: no fault of the service, and no proof of it."""


def check_answers(deployment: Deployment, replies: Sequence[Reply], task: Task) -> Query:
    """The service says of each sample what the candidate said in validation, as far as its task counts."""
    scales = task.scales(deployment.answers)
    wrong = [
        f"{kept.file}: {_said(task, kept, reply)}, not {str(kept.predicted)[:SHOWN]}"
        for kept, reply in zip(deployment.answers, replies, strict=True)
        if not reply.ok or not task.repeats(kept, reply.answer, scales)
    ]
    if not deployment.answers:
        return Query(name="answers", passed=False, detail="the candidate answered no sample in validation")
    detail = "; ".join(wrong) or f"{len(replies)} samples answered as in validation"
    return Query(name="answers", passed=not wrong, detail=detail)


def _said(task: Task, kept: Answer, reply: Reply) -> str:
    predicted = task.predicted(reply.answer, kept.label) if reply.ok else None
    return reply.summary if predicted is None else str(predicted)[:SHOWN]


def check_model(deployment: Deployment, replies: Sequence[Reply]) -> Query:
    """Every answer came from the version, files and code that were deployed, not from a replica of those before.

    A release of before services told their hashes tells which version alone.
    """
    hashes = {
        VERSION_HEADER: (deployment.variables or {}).get(VARIABLE),
        CODE_HEADER: deployment.tags.get("scoring_hash"),
    }
    expected = {MODEL_HEADER: deployment.model} | (hashes if hashes[VERSION_HEADER] else {})
    seen = {tuple(reply.headers.get(header) for header in expected) for reply in replies}
    return Query(name="model_version", passed=seen == {tuple(expected.values())}, detail=_told(seen))


def _told(seen: Iterable[Sequence[str | None]]) -> str:
    """The version, and of the hashes as much as tells them apart."""
    shown = ((version, *(told and told[:SHORT] for told in hashes)) for version, *hashes in seen)
    return ", ".join(sorted(" ".join(told or "no header" for told in one) for one in shown)) or "no answer"


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
    uri: str,
    key: str,
    deployment: Deployment,
    bodies: Sequence[bytes],
    settings: Settings,
    contract: Contract | None = None,
    headers: Mapping[str, str] = NO_HEADERS,
) -> tuple[tuple[Query, ...], Sequence[Reply]]:
    """Put every question to the service; the queries, and the replies to measure latency by.

    ``bodies`` are the requests that the deployment's answers were given to. None of them counts before the front end
    passes requests on; where it never does, that alone is what failed.
    """
    smoke_test, kind, nonsense = settings.smoke_test, content_type(contract), broken_body(contract)
    with ScoringClient(uri, key, smoke_test.timeout_seconds, kind, headers) as client:
        first = await_first_answer(client, bodies[0] if bodies else nonsense, smoke_test.first_answer_seconds)
    if not first.passed:
        return (first,), ()
    with ScoringClient(uri, None, smoke_test.timeout_seconds, kind, headers) as stranger:
        without_key = stranger.score(bodies[0] if bodies else nonsense)
    with ScoringClient(uri, key, smoke_test.timeout_seconds, kind, headers) as client:
        replies = client.score_all(bodies, concurrency=1)
        get, broken = client.request("GET"), client.score(nonsense)
        wanted = smoke_test.burst_requests if bodies else 0
        burst = client.score_all(list(islice(cycle(bodies), wanted)), smoke_test.burst_concurrency)
    queries = (
        first,
        check_answers(deployment, replies, judge_of(contract, settings.validation)),
        check_model(deployment, [*replies, *burst]),
        check_device([*replies, *burst], settings.validation.require_gpu),
        check_status("key_required", without_key, requests.codes.unauthorized),
        check_get(get),
        check_status("broken_request_refused", broken, requests.codes.bad_request),
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
    *,
    headers: Mapping[str, str] = NO_HEADERS,
) -> tuple[tuple[Query, ...], Sequence[Reply]]:
    """Put every question to the service ``name``, now in ``state``, about the samples of the deployment's validation.

    ``headers`` lead to a candidate beside it.

    The answers are printed. All is asked once more where the key was regenerated meanwhile, which is no fault of the
    service. SamplesError when the samples can't be read.
    """
    bodies = _bodies(workspace, candidate, [answer.file for answer in deployment.answers])

    def put(key: str) -> tuple[tuple[Query, ...], Sequence[Reply]]:
        return query(state.scoring_uri or "", key, deployment, bodies, settings, candidate.contract, headers)

    key, _ = workspace.services.keys(name)
    queries, replies = put(key)
    if failures(queries) and (now := _key_now(workspace, name, key)) != key:
        print(f"  the primary key of {name} was regenerated while it was asked: it is asked once more")
        queries, replies = put(now)
    for each in queries:
        print(f"  {'passed' if each.passed else 'FAILED'}: {each.name}: {each.detail}")
    return queries, replies


def _bodies(workspace: Workspace, candidate: Candidate, names: Sequence[str]) -> list[bytes]:
    try:
        with TemporaryDirectory() as work:
            folder = download_folder(workspace, candidate.validation_data, Path(work), only=files_of(names))
            return read_bodies(folder, names)
    except AmlGpuError as error:
        raise SamplesError(f"the validation samples couldn't be read: {error}") from error


def _key_now(workspace: Workspace, name: str, key: str) -> str:
    """`key` where it can't be read: the queries that failed say more."""
    with suppress(RequestError):
        return workspace.services.keys(name)[0]
    return key


def failures(queries: Sequence[Query]) -> list[str]:
    """One line for each query that failed."""
    return [f"{each.name}: {each.detail}" for each in queries if not each.passed]


def _names(seen: set[str | None]) -> str:
    return ", ".join(sorted(value or "no header" for value in seen)) or "no answer"
