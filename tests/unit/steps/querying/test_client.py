import threading
from pathlib import Path

import pytest
from requests.structures import CaseInsensitiveDict

from steps.querying.client import Reply, ScoringClient, percentile
from tests.unit.steps.querying.http_stub import HttpStub, Request, Response


def reply(body: str, status: int | None = 200) -> Reply:
    return Reply(status, 1.0, CaseInsensitiveDict(), body)


def test_replies_are_in_the_order_of_the_images(server: HttpStub) -> None:
    images = [bytes([number]) for number in range(50)]
    server.respond = lambda request: Response(answer={"class": request.body[0]}, headers={"amlgpu-device": "CPU:0"})

    with ScoringClient(server.uri, None, timeout=10) as client:
        replies = client.score_all(images, concurrency=8)

    assert [each.document["class"] for each in replies] == list(range(50))
    assert all(each.ok and each.latency_ms > 0 and each.headers["AMLGPU-Device"] == "CPU:0" for each in replies)


def test_requests_overlap_up_to_the_concurrency(server: HttpStub) -> None:
    barrier = threading.Barrier(4, timeout=10)  # opens only when four requests are inside at once

    def meet(_: Request) -> Response:
        barrier.wait()
        return Response(answer={"class": 1})

    server.respond = meet
    with ScoringClient(server.uri, None, timeout=10) as client:
        assert all(each.ok for each in client.score_all([b"x"] * 8, concurrency=4))


@pytest.mark.parametrize(("key", "header"), [("secret", "Bearer secret"), (None, None)])
def test_the_key_is_sent_as_bearer(server: HttpStub, key: str | None, header: str | None) -> None:
    seen: list[str | None] = []

    def note(request: Request) -> Response:
        seen.append(request.headers.get("Authorization"))
        return Response()

    server.respond = note
    with ScoringClient(server.uri, key, timeout=10) as client:
        client.score(b"x")

    assert seen == [header]


@pytest.mark.parametrize("key", ["secret", None])
@pytest.mark.parametrize("here", [True, False])
def test_netrc_is_left_alone_and_a_proxy_asked_only_for_other_machines(
    server: HttpStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: bool, key: str | None
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password elsewhere\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9" if here else server.uri.removesuffix("/score"))
    seen: list[str | None] = []

    def note(request: Request) -> Response:
        seen.append(request.headers.get("Authorization"))
        return Response()

    server.respond = note
    with ScoringClient(server.uri if here else "http://service.example/score", key, timeout=10) as client:
        client.score(b"x")

    assert seen == [f"Bearer {key}" if key else None]


def test_nobody_there_is_a_reply() -> None:
    with ScoringClient("http://127.0.0.1:9/score", None, timeout=1) as client:
        answer = client.score(b"x")

    assert answer.status is None
    assert not answer.ok
    assert answer.summary.startswith("no answer: ConnectionError")


def test_a_late_answer_is_a_reply(server: HttpStub) -> None:
    release = threading.Event()

    def wait(_: Request) -> Response:
        release.wait(10)
        return Response()

    server.respond = wait
    with ScoringClient(server.uri, None, timeout=0.05) as client:
        answer = client.score(b"x")
    release.set()

    assert answer.summary.startswith("no answer: ReadTimeout")


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ('{"class": 7}', {"class": 7}),
        ('{"predictions": [{"value": 1.5}]}', {"value": 1.5}),
        ('{"predictions": [[1, 2]]}', [1, 2]),
        ('{"predictions": [1, 2]}', {"predictions": [1, 2]}),
        ("[1, 2]", None),
        ("{}", None),
        ("<html>", None),
        ("[" * 100_000, None),
        ("", None),
    ],
)
def test_the_answer_is_that_about_the_one_image_or_row(body: str, answer: object) -> None:
    assert reply(body).answer == answer
    assert reply(body).ok == (answer is not None)


def test_an_error_status_is_never_ok() -> None:
    assert not reply('{"class": 7}', status=503).ok


def test_the_summary_is_one_short_line() -> None:
    assert reply("a\n  b\tc" + "d" * 500).summary == "200: a b c" + "d" * 195


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (1, 1), (50, 5), (51, 6), (99, 10), (100, 10)])
def test_nearest_rank_percentile(percent: float, value: float) -> None:
    assert percentile([3, 1, 2, 10, 9, 8, 7, 6, 5, 4], percent) == value
