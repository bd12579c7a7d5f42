"""Samples are read when their turn comes: a validation holds a few of them, however many there are."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.errors import ModelError
from config.settings import load_settings
from steps.querying.client import ScoringClient
from steps.validation.asking import Seen, ask_all
from steps.validation.samples.loading import load
from steps.validation.samples.sample import Sample
from steps.validation.tasks import judge_of
from tests.unit.steps.querying.http_stub import HttpStub, Request, Response

COUNT, BYTES = 60, 500_000
ABOUT_AN_IMAGE = 6
"""How often an image is in memory here while it is sent: read, in the request, and in the stub that receives it."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(COUNT):
        (tmp_path / f"{number}.jpg").write_bytes(bytes([number]).ljust(BYTES, b"."))
    (tmp_path / "labels.csv").write_text(
        "file,label\n" + "".join(f"{number}.jpg,{number}\n" for number in range(COUNT))
    )
    return tmp_path


@pytest.fixture
def peak() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def ask(server: HttpStub, samples: list[Sample], concurrency: int = 4, kept: int = 0) -> list[Seen]:
    task = judge_of(None, load_settings("local", {}, {}).validation)
    with ScoringClient(server.uri, None, timeout=10) as client:
        return ask_all(client, samples, task, concurrency, kept)


@pytest.mark.usefixtures("peak")
@pytest.mark.parametrize("concurrency", [1, 4])
def test_no_more_images_are_held_than_are_on_their_way(server: HttpStub, folder: Path, concurrency: int) -> None:
    before, _ = tracemalloc.get_traced_memory()
    seen = ask(server, load(folder, None, 0), concurrency)
    _, most = tracemalloc.get_traced_memory()

    assert [one.scored.predicted for one in seen] == list(range(COUNT))
    assert all(one.scored.right for one in seen)
    assert most - before < ABOUT_AN_IMAGE * concurrency * BYTES < COUNT * BYTES


def test_answers_are_kept_of_the_first_alone(server: HttpStub, folder: Path) -> None:
    seen = ask(server, load(folder, None, 0), kept=2)

    assert [one.answer for one in seen[:3]] == [{"class": 0}, {"class": 1}, None]


def test_what_was_not_answered_is_told_in_short(server: HttpStub, folder: Path) -> None:
    server.respond = lambda request: Response(503 if request.body[0] == 7 else 200, {"class": request.body[0]})

    errors = [one.error for one in ask(server, load(folder, None, 0)) if one.error]

    assert errors == ['7.jpg: 503: {"class": 7}']


def test_an_image_that_is_gone_ends_it_and_no_other_is_asked_about(server: HttpStub, folder: Path) -> None:
    asked = []

    def respond(request: Request) -> Response:
        asked.append(request.body[0])
        return Response(answer={"class": 0})

    server.respond = respond
    samples = load(folder, None, 0)
    (folder / "3.jpg").unlink()

    with pytest.raises(ModelError, match=r"3\.jpg: can't be read: No such file or directory"):
        ask(server, samples, concurrency=1)
    assert asked == [0, 1, 2]
