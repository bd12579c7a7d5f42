from collections.abc import Callable

import pytest

from config.settings import Settings
from steps.artifacts.deployment import Deployment
from steps.artifacts.release import Query
from steps.querying.queries import query
from tests.unit.steps.querying.http_stub import HttpStub, Request, Response

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
        "answers",
        "model_version",
        "device",
        "key_required",
        "get_refused",
        "broken_request_refused",
        "burst",
    ]


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


def test_a_service_that_is_gone_fails_every_query(deployment: Deployment, settings: Settings) -> None:
    queries, _ = query("http://127.0.0.1:9/score", KEY, deployment, IMAGES, settings)

    assert not any(each.passed for each in queries)


def test_without_an_answer_to_compare_with_nothing_is_proven(
    server: HttpStub, deployment: Deployment, settings: Settings
) -> None:
    server.respond = service

    queries, _ = query(server.uri, KEY, deployment.model_copy(update={"answers": ()}), [], settings)

    assert {each.name for each in queries if not each.passed} >= {"answers", "model_version", "device"}
