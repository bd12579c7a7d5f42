import json
import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from config.settings import Settings
from scoring.contract import InputKind
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.release import Query
from steps.artifacts.verdict import Answer
from steps.querying import queries as module
from steps.querying.bodies import DEEPER, bad_bodies, content_type
from steps.querying.queries import failures, query
from tests.hostile_images import encoded, grain, motion_photo
from tests.unit.steps.querying.http_stub import HttpStub, Request, Response
from tests.unit.steps.validation.contracts import contract
from workspaces.services import ServiceState
from workspaces.workspace import Workspace

KEY = "the key"
IMAGES = [b"\x01", b"\x02"]
HEADERS = {"amlgpu-model": "digits:3", "amlgpu-device": "CPU:0"}

Change = Callable[[Request, Response], Response]


def service(request: Request) -> Response:
    """Does all that a client may expect: the first byte of an image is its class."""
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        return Response(401)
    if request.method != "POST":
        return Response(405, headers={"Allow": "POST"})
    if len(request.body) > 1:
        return Response(400)
    return Response(answer={"class": request.body[0]}, headers=HEADERS)


def ask(server: HttpStub, deployment: Deployment, settings: Settings, key: str = KEY) -> dict[str, Query]:
    queries, _ = query(server.uri, key, deployment, IMAGES, settings)
    return {each.name: each for each in queries}


def test_a_good_service_passes_every_query(server: HttpStub, deployment: Deployment, settings: Settings) -> None:
    server.respond = service

    queries = ask(server, deployment, settings)

    assert [name for name, each in queries.items() if not each.passed] == []
    assert list(queries) == [
        "first_answer",
        "answers",
        "model_version",
        "device",
        "key_required",
        "get_refused",
        "broken_request_refused",
        "burst",
    ]


@pytest.mark.parametrize("times", [1, 2])
def test_a_key_that_was_regenerated_meanwhile_is_no_fault_of_the_service(
    server: HttpStub,
    deployment: Deployment,
    settings: Settings,
    candidate: Candidate,
    state: ServiceState,
    monkeypatch: pytest.MonkeyPatch,
    times: int,
) -> None:
    """Once: who regenerates keys all the time can't have it asked for ever."""
    keys = ["key 0"]

    def regenerating(request: Request) -> Response:
        """Each key is replaced at the first request that has it, so many times."""
        known = request.headers.get("Authorization") == f"Bearer {keys[-1]}"
        if known and len(keys) <= times:
            keys.append(f"key {len(keys)}")
            return Response(401)
        return service(replace(request, headers={"Authorization": f"Bearer {KEY}"} if known else {}))

    server.respond = regenerating
    monkeypatch.setattr(module, "_bodies", lambda *_: IMAGES)
    workspace = cast(Workspace, SimpleNamespace(services=SimpleNamespace(keys=lambda _: (keys[-1], ""))))
    at = state.model_copy(update={"scoring_uri": server.uri})

    found, _ = module.ask(workspace, "digits", at, candidate, deployment, settings)

    assert (failures(found) == []) is (times == 1)


def wrong_class(request: Request, response: Response) -> Response:
    return Response(answer={"class": 9}, headers=HEADERS) if request.body == IMAGES[1] else response


def old_version(request: Request, response: Response) -> Response:
    return (
        Response(answer=response.answer, headers=HEADERS | {"amlgpu-model": "digits:2"})
        if response.answer
        else response
    )


def nameless(request: Request, response: Response) -> Response:
    return Response(answer=response.answer, headers={"amlgpu-model": "digits:3"}) if response.answer else response


def open_door(request: Request, response: Response) -> Response:
    return Response(answer={"class": 1}, headers=HEADERS) if response.status == 401 else response


def obliging_get(request: Request, response: Response) -> Response:
    return Response(200) if response.status == 405 else response


def silent_get(request: Request, response: Response) -> Response:
    return Response(405) if response.status == 405 else response


def crash_on_rubbish(request: Request, response: Response) -> Response:
    return Response(502) if response.status == 400 else response


@pytest.mark.parametrize(
    ("change", "failing", "detail"),
    [
        (wrong_class, "answers", "2.jpg: 9, not 2"),
        (old_version, "model_version", "digits:2"),
        (nameless, "device", "no header"),
        (open_door, "key_required", "(expected 401)"),
        (obliging_get, "get_refused", "(expected 405 and Allow: POST)"),
        (silent_get, "get_refused", "(expected 405 and Allow: POST)"),
        (crash_on_rubbish, "broken_request_refused", "502: {} (expected 400)"),
    ],
)
def test_one_fault_fails_its_own_query(
    server: HttpStub, deployment: Deployment, settings: Settings, change: Change, failing: str, detail: str
) -> None:
    server.respond = lambda request: change(request, service(request))

    queries = ask(server, deployment, settings)

    assert [name for name, each in queries.items() if not each.passed] == [failing]
    assert detail in queries[failing].detail


def test_a_cpu_fails_where_a_gpu_is_required(server: HttpStub, deployment: Deployment, settings: Settings) -> None:
    server.respond = service
    validation = settings.validation.model_copy(update={"require_gpu": True})

    queries = ask(server, deployment, settings.model_copy(update={"validation": validation}))

    assert not queries["device"].passed
    assert queries["device"].detail == "CPU:0"


def test_overload_in_the_burst_is_a_failure(server: HttpStub, deployment: Deployment, settings: Settings) -> None:
    count = 0

    def overloaded(request: Request) -> Response:
        nonlocal count
        count += 1
        return Response(503) if count > 10 else service(request)

    server.respond = overloaded

    burst = ask(server, deployment, settings)["burst"]

    assert not burst.passed
    assert "of 20 failed, first 503" in burst.detail


def waiting(settings: Settings, seconds: float) -> Settings:
    smoke_test = settings.smoke_test.model_copy(update={"first_answer_seconds": seconds})
    return settings.model_copy(update={"smoke_test": smoke_test})


def test_a_service_that_is_gone_is_asked_nothing_more(deployment: Deployment, settings: Settings) -> None:
    queries, replies = query("http://127.0.0.1:9/score", KEY, deployment, IMAGES, waiting(settings, 0.2))

    (failed,) = queries
    assert (failed.name, failed.passed, replies) == ("first_answer", False, ())
    assert re.match(
        r"none in 0\.\d s \(smoke_test.first_answer_seconds=0.2\), the last was no answer: Conn", failed.detail
    )


@pytest.mark.parametrize("status", [404, 502, 503, 504])
def test_a_front_end_that_does_not_route_yet_is_waited_for(
    server: HttpStub, deployment: Deployment, settings: Settings, status: int
) -> None:
    early = iter([Response(status)] * 2)
    server.respond = lambda request: next(early, None) or service(request)

    queries = ask(server, deployment, settings)

    assert [name for name, each in queries.items() if not each.passed] == []
    assert re.fullmatch(r"after \d\.\d s", queries["first_answer"].detail)


def test_a_front_end_that_never_routes_fails_with_its_last_answer(
    server: HttpStub, deployment: Deployment, settings: Settings
) -> None:
    server.respond = lambda _: Response(503, {"error": "no endpoints"})

    queries = ask(server, deployment, waiting(settings, 0.1))

    assert list(queries) == ["first_answer"]
    assert queries["first_answer"].detail.endswith('the last was 503: {"error": "no endpoints"}')


@pytest.mark.parametrize("status", [200, 401, 500])
def test_a_wrong_answer_is_not_waited_for(
    server: HttpStub, deployment: Deployment, settings: Settings, status: int
) -> None:
    """Who waited would find the next ones right."""
    wrong = iter([Response(status, {"class": 9}, HEADERS)] * 2)
    server.respond = lambda request: ("Authorization" in request.headers and next(wrong, None)) or service(request)

    queries = ask(server, deployment, settings)

    assert [name for name, each in queries.items() if not each.passed] == ["answers"]


def test_without_an_answer_to_compare_with_nothing_is_proven(
    server: HttpStub, deployment: Deployment, settings: Settings
) -> None:
    server.respond = service

    queries, _ = query(server.uri, KEY, deployment.model_copy(update={"answers": ()}), [], settings)

    assert {each.name for each in queries if not each.passed} >= {"answers", "model_version", "device"}


def rows(request: Request) -> Response:
    """A regression of rows: twice the number that a row is, in predictions."""
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        return Response(401)
    if request.method != "POST":
        return Response(405, headers={"Allow": "POST"})
    try:
        (row,) = json.loads(request.body)["instances"]
    except ValueError:
        return Response(400)
    return Response(answer={"predictions": [{"value": 2.0 * row}]}, headers=HEADERS)


@pytest.mark.parametrize(("kept", "failing"), [((2.0, 4.0), []), ((2.1, 4.0), []), ((2.0, 5.0), ["answers"])])
def test_a_regression_of_rows_is_asked_and_compared_as_one(
    server: HttpStub, deployment: Deployment, settings: Settings, kept: tuple[float, float], failing: list[str]
) -> None:
    server.respond = rows
    answers = tuple(Answer(file=f"samples.jsonl:{n}", label=0.0, predicted=value) for n, value in enumerate(kept))
    bodies = [b'{"instances": [1]}', b'{"instances": [2]}']

    queries, replies = query(
        server.uri,
        KEY,
        deployment.model_copy(update={"answers": answers}),
        bodies,
        settings,
        contract("regression", "tensors"),
    )

    assert [each.name for each in queries if not each.passed] == failing
    assert all(reply.ok for reply in replies)


def test_the_torn_image_is_torn_wherever_a_photo_ends() -> None:
    photo = encoded(grain(40, 30), "JPEG")

    torn = bad_bodies(None, motion_photo(photo, scans=1000))["torn image"]

    assert photo.startswith(torn)
    assert len(torn) == len(photo) // 3
    assert bad_bodies(None, b"no image")["torn image"] == b"no"


@pytest.mark.parametrize("kind", ["tensors", "text"])
def test_bad_requests_of_rows_are_json_gone_wrong(kind: InputKind) -> None:
    bodies = bad_bodies(contract("regression", kind), b'{"instances": [[1, 2]]}')

    assert list(bodies) == ["no body", "not JSON", "torn JSON", "JSON without rows", "a wrong shape"]
    assert content_type(contract("regression", kind)) == "application/json"
    assert bodies["a wrong shape"].count(b"[") >= 2 + DEEPER
