"""Traffic between two deployments: who answers which share, and that none is lost when it moves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.client import in_background
from tests.integration.emulator.v2.endpoints.serving import Caller, assets, colours, managed
from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

NAME = "ot-move"
CLIENTS = 16
Move = Callable[..., None]


@pytest.fixture(scope="module")
def caller(client: MLClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    made_of = assets(client, tmp_path_factory.mktemp("traffic"), "ot")
    client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=NAME)).result()
    started = [
        client.online_deployments.begin_create_or_update(managed(NAME, name, made_of)) for name in ("blue", "green")
    ]
    for one in started:
        one.result()
    yield Caller.of(client, NAME)
    client.online_endpoints.begin_delete(NAME).result()


@pytest.fixture(scope="module")
def move(client: MLClient) -> Move:
    def give(**shares: int) -> None:
        endpoint = client.online_endpoints.get(NAME)
        endpoint.traffic = shares
        client.online_endpoints.begin_create_or_update(endpoint).result()

    return give


def shares_of(client: MLClient) -> dict[str, int]:
    """SDK v2 adds deployments without a share to what it is answered."""
    return {name: share for name, share in client.online_endpoints.get(NAME).traffic.items() if share}


def test_all_of_it_or_a_share(caller: Caller, move: Move, client: MLClient) -> None:
    move(blue=100)
    assert shares_of(client) == {"blue": 100}
    assert colours(caller, 10) == {"blue": 10}
    move(blue=50, green=50)
    split = colours(caller, 60)
    assert set(split) == {"blue", "green"}
    assert min(split.values()) > 5
    move(blue=0, green=100)
    assert shares_of(client) == {"green": 100}
    assert colours(caller, 10) == {"green": 10}


def test_by_its_name_whatever_the_traffic(caller: Caller, move: Move) -> None:
    move(green=100)
    assert caller.answer("blue")["COLOUR"] == "blue"
    assert caller.answer()["COLOUR"] == "green"


def test_none_of_it(caller: Caller, move: Move) -> None:
    move()
    response = caller.post()
    assert response.status_code == 404
    assert response.text == "The endpoint doesn't have any valid deployment with positive weight."
    assert caller.answer("green")["COLOUR"] == "green"


@pytest.mark.parametrize(
    ("shares", "reason"),
    [({"blue": 50}, "adds up to 50"), ({"blue": 90, "green": 20}, "adds up to 110"), ({"red": 100}, "'red'")],
)
def test_shares_that_there_cannot_be(
    caller: Caller, move: Move, client: MLClient, shares: dict[str, int], reason: str
) -> None:
    move(blue=100)
    with pytest.raises(Exception, match=reason):
        move(**shares)
    assert shares_of(client) == {"blue": 100}


def test_what_has_traffic_stays(caller: Caller, move: Move, client: MLClient) -> None:
    move(blue=100)
    with pytest.raises(Exception, match="has 100 percent of the traffic"):
        client.online_deployments.begin_delete("blue", NAME)
    assert caller.answer()["COLOUR"] == "blue"


def test_moves_without_a_failed_request(caller: Caller, move: Move) -> None:
    move(blue=100)
    answers: list[tuple[int, str]] = []

    def ask(stop: threading.Event) -> None:
        while not stop.is_set():
            response = caller.post()
            answers.append((response.status_code, response.text))

    def seen(colour: str, since: int) -> bool:
        return any(f'"COLOUR": "{colour}"' in text for _, text in answers[since:])

    with in_background(ask, CLIENTS):
        for colour, shares in (
            ("blue", {"blue": 100}),
            ("green", {"blue": 50, "green": 50}),
            ("green", {"green": 100}),
            ("blue", {"blue": 50, "green": 50}),
            ("blue", {"blue": 100}),
        ):
            since = len(answers)
            move(**shares)
            until(lambda: seen(colour, since), f"an answer of {colour}")  # noqa: B023 - it ends in this round
        moved = len(answers)
        until(lambda: len(answers) > moved + 4 * CLIENTS, "more answers")
    assert {status for status, _ in answers} == {200}, [one for one in answers if one[0] != 200]
    assert {json.loads(text)["COLOUR"] for _, text in answers[-CLIENTS:]} == {"blue"}


def test_a_body_that_comes_while_traffic_moves(caller: Caller, move: Move) -> None:
    """It is routed by the traffic of the moment in which it is whole, so that its deployment may be deleted before."""
    move(blue=100)
    began, moved = threading.Event(), threading.Event()

    def slowly() -> Iterator[bytes]:
        yield b'{"sleep":'
        began.set()
        moved.wait(20)
        yield b" 0}"

    found: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {caller.key}"}
    client = threading.Thread(
        target=lambda: found.append(requests.post(caller.uri, data=slowly(), headers=headers, timeout=30).json())
    )
    client.start()
    assert began.wait(20)
    move(green=100)
    moved.set()
    client.join()
    assert [one["COLOUR"] for one in found] == ["green"]


def test_a_put_without_traffic_takes_it_away(
    caller: Caller, move: Move, emulator: Emulator, bearer: dict[str, str]
) -> None:
    """As Azure Resource Manager has it: a PUT says all of a resource."""
    move(blue=100)
    url = f"{emulator.http}{emulator.scope}/onlineEndpoints/{NAME}"
    requests.put(url, json={"properties": {"authMode": "Key"}}, headers=bearer, timeout=10).raise_for_status()
    assert caller.post().status_code == 404
