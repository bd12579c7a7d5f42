"""A binary classifier of texts under Azure ML's server as it is, without the batching worker."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import tensorflow as tf

from scoring.contract import Contract, Input, Task, Tensor
from tests.integration.scoring.server.running import Running, serve
from tests.integration.scoring.server.versions import write_version

CONTRACT = Contract(
    signature="serving_default",
    input=Input(kind="text", tensors=(Tensor(name="text", dtype="string", shape=(None, 1)),)),
    task=Task(
        kind="binary",
        outputs=(Tensor(name="spam", dtype="float32", shape=(None, 1)),),
        logits=True,
        labels=("ham", "spam"),
    ),
)


def spam(text: Any) -> dict[str, Any]:
    return {"spam": tf.where(tf.strings.regex_full_match(text, ".*größer.*"), 4.0, -4.0)}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("texts")
    version = write_version(folder, CONTRACT, spam, b'{"instances": ["hello"]}')
    with serve(version, folder, GUNICORN_CMD_ARGS="") as running:
        yield running


def test_texts(service: Running) -> None:
    asked = {"instances": ["größer!", ["hello"], "größer"]}
    response = requests.post(f"{service.url}/score", data=json.dumps(asked), timeout=60)
    assert response.status_code == 400  # one spelling a request
    asked = {"instances": ["größer!", "hello"]}
    response = requests.post(f"{service.url}/score", data=json.dumps(asked), timeout=60)
    one, two = response.json()["predictions"]
    assert (one["class"], one["label"], two["class"], two["label"]) == (1, "spam", 0, "ham")
    assert [one["probability"], two["probability"]] == pytest.approx([0.982, 0.018], abs=1e-3)


def test_refusals(service: Running) -> None:
    response = requests.post(f"{service.url}/score", data=b'{"instances": [1]}', timeout=60)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "WrongValue")
    response = requests.post(f"{service.url}/score", data=b" " * (11 * 2**20), timeout=60)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "BodyTooLarge")
    response = requests.get(f"{service.url}/score", timeout=60)
    assert "the inputs are 'text': string [rows, 1]" in response.json()["error"]["message"]
