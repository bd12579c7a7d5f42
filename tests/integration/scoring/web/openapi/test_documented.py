"""What /swagger.json says of a service of each kind of input is what it does, and all of it."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import tensorflow as tf

from scoring.contract import Contract, Input, Task, Tensor
from tests.integration.scoring.server.running import BATCHING, Running, serve
from tests.integration.scoring.server.versions import write_version
from tests.integration.scoring.web.openapi.documented import look_for_undocumented

EXAMPLES = 10
SEED = 20
MANY = int(os.environ.get("SOAK_EXAMPLES", "2000"))
MANY_SEED = int(os.environ.get("SOAK_SEED", random.randrange(2**32)))  # noqa: S311
TABULAR = Contract(
    signature="serving_default",
    input=Input(
        kind="tensors",
        tensors=(
            Tensor(name="rooms", dtype="int32", shape=(None,)),
            Tensor(name="size", dtype="float32", shape=(None, 3)),
            Tensor(name="town", dtype="string", shape=(None, 1)),
        ),
    ),
    task=Task(kind="regression", outputs=(Tensor(name="price", dtype="float32", shape=(None, 1)),), unit="EUR"),
)
TEXTS = Contract(
    signature="serving_default",
    input=Input(kind="text", tensors=(Tensor(name="text", dtype="string", shape=(None, 1)),)),
    task=Task(
        kind="classification",
        outputs=(Tensor(name="mood", dtype="float32", shape=(None, 3)),),
        labels=("angry", "calm", "glad"),
        top_k=2,
    ),
)


def price(rooms: Any, size: Any, town: Any) -> dict[str, Any]:
    length = tf.strings.length(town)[:, 0]
    bounded = tf.reduce_sum(tf.tanh(size), axis=1)
    return {"price": (bounded + tf.cast(rooms, tf.float32) + tf.cast(length, tf.float32))[:, None]}


def mood(text: Any) -> dict[str, Any]:
    return {"mood": tf.one_hot(tf.strings.length(text)[:, 0] % 3, 3)}


MODELS: dict[str, tuple[Contract, Callable[..., dict[str, Any]], bytes]] = {
    "tensors": (TABULAR, price, b'{"instances": [{"size": [1, 2, 3], "rooms": 2, "town": ["x"]}]}'),
    "text": (TEXTS, mood, b'{"instances": ["hello"]}'),
}


@pytest.fixture(scope="module", params=["image", *MODELS])
def documented(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service of each kind of input."""
    if request.param == "image":
        yield request.getfixturevalue("service")
        return
    folder = tmp_path_factory.mktemp(request.param)
    contract, function, probe = MODELS[request.param]
    with serve(write_version(folder, contract, function, probe), folder, **BATCHING) as running:
        yield running


def test_schemathesis_finds_nothing(documented: Running, tmp_path: Path) -> None:
    look_for_undocumented(documented.url, tmp_path, examples=EXAMPLES, seed=SEED)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("version", ["2", "3", "3.1"])
def test_schemathesis_finds_nothing_in_many(documented: Running, version: str, tmp_path: Path) -> None:
    print(f"\n{MANY} examples of version {version}, seed {MANY_SEED}")
    look_for_undocumented(documented.url, tmp_path, examples=MANY, seed=MANY_SEED, version=version)
    assert "Traceback" not in documented.log.read_text(encoding="utf-8")


@pytest.mark.parametrize(("version", "said"), [("", "2.0"), ("2", "2.0"), ("3", "3.0.3"), ("3.1", "3.1.0")])
def test_versions(documented: Running, version: str, said: str) -> None:
    answer = requests.get(f"{documented.url}/swagger.json", params={"version": version} if version else {}, timeout=60)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json().get("swagger", answer.json().get("openapi")) == said


def test_a_version_that_there_is_not(documented: Running) -> None:
    answer = requests.get(f"{documented.url}/swagger.json?version=4", timeout=60)
    assert (answer.status_code, answer.json()["message"][:28]) == (404, "Swagger version [4] is not v")


def test_the_documents_own_methods(documented: Running) -> None:
    answer = requests.post(f"{documented.url}/swagger.json", timeout=60)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
