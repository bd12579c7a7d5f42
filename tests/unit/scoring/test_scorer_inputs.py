"""Models of other inputs than one JPEG, real and tiny: how their requests are gathered, answered and refused."""

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from scoring.contract import FILE, PROBE_FILE, Contract, Input, Task, Tensor, write_contract
from scoring.errors import (
    BadJsonError,
    BrokenImageError,
    ModelFailedError,
    RefusedInputError,
    RequestError,
    StartupError,
    WrongShapeError,
)
from scoring.model.frozen_graph import freeze
from scoring.scorer import Scorer, open_scorer
from scoring.settings import ServiceSettings
from tests.unit.scoring.conftest import Save, encode

REGRESSION = Task(kind="regression", outputs=(Tensor(name="y", dtype="float32", shape=(None,)),))
FOUR = ServiceSettings(max_batch=4)


def contract(*tensors: Tensor, task: Task = REGRESSION, **fields: Any) -> Contract:
    form = Input(**{"kind": "tensors", "tensors": tensors, **fields})
    return Contract(signature="serving_default", input=form, task=task)


def tensor(dtype: str, *shape: int | None, name: str = "x") -> Tensor:
    return Tensor(name=name, dtype=dtype, shape=(None, *shape))


def spec(tensor: Tensor) -> Any:
    return tf.TensorSpec(tensor.shape, tensor.dtype, name=tensor.name)


@pytest.fixture
def build(save: Save) -> Callable[..., Scorer]:
    """`build(function, tensor, ..., settings=..., **contract)` opens a model of these inputs."""

    def make(function: Callable[..., Any], *tensors: Tensor, settings: ServiceSettings = FOUR, **fields: Any) -> Scorer:
        saved = save(lambda *values, **named: {"y": function(*values, **named)}, *map(spec, tensors))
        return Scorer(saved, contract(*tensors, **fields), settings)

    return make


def instances(*rows: Any) -> bytes:
    return json.dumps({"instances": rows}).encode()


def values(result: Any) -> list[float]:
    """Of a regression's answer to JSON."""
    assert not isinstance(result, RequestError), result
    return [row["value"] for row in json.loads(result.to_json())["predictions"]]


def kinds(results: Sequence[Any]) -> list[type | None]:
    return [type(result) if isinstance(result, RequestError) else None for result in results]


def sums(x: Any) -> Any:
    return tf.reduce_sum(tf.cast(x, tf.float32), axis=1)


def test_every_request_of_a_batch_gets_its_own_answer(build: Callable[..., Scorer]) -> None:
    scorer = build(sums, tensor("float32", None))
    bodies = [
        instances([1, 2]),
        b"{",
        instances([1, 2, 3], [4, 5, 6]),
        instances([3], [4]),
        instances("x"),
        instances([5, 6]),
        instances(*([row] for row in range(11))),
    ]
    results = scorer.score(bodies)
    assert kinds(results) == [None, BadJsonError, None, None, WrongShapeError, None, None]
    answered = [values(results[number]) for number in (0, 2, 3, 5, 6)]
    assert answered == [[3], [6, 15], [3, 4], [11], list(range(11))]


def test_no_call_has_more_rows_than_a_batch(build: Callable[..., Scorer]) -> None:
    scorer = build(lambda x: tf.cast(tf.fill(tf.shape(x)[:1], tf.shape(x)[0]), tf.float32), tensor("float32"))
    one, many, two, more = scorer.score([instances(1), instances(*range(9)), instances(1, 2), instances(1, 2)])
    assert values(one) == [1]
    assert values(many) == [4] * 8 + [1]
    assert values(two) == values(more) == [4, 4]


def test_requests_are_read_until_their_rows_fill_a_batch_and_answered_call_by_call(
    build: Callable[..., Scorer],
) -> None:
    scorer = build(lambda x: x, tensor("float32"))
    bodies = [instances(1), instances(2), b"{", instances(*range(9)), instances(3)]
    parts = [[place for place, _ in part] for part in scorer.answer(bodies)]
    assert parts == [[2], [0, 1], [3]]
    assert [[place for place, _ in part] for part in scorer.answer(bodies[3:])] == [[0]]


def test_what_the_model_refuses_fails_alone_and_says_why(build: Callable[..., Scorer]) -> None:
    scorer = build(lambda x: tf.gather([1.0, 2.0, 3.0], x), tensor("int32"))
    good, bad, other = scorer.score([instances(0, 1), instances(2, 7), instances(2)])
    assert (values(good), values(other)) == ([1, 2], [3])
    assert isinstance(bad, RefusedInputError)
    assert "= 7 is not in [0, 3)" in str(bad)


def test_a_row_without_a_finite_number_fails_its_request(build: Callable[..., Scorer]) -> None:
    scorer = build(lambda x: 1 / x, tensor("float32"))
    results = scorer.score([instances(1, 0), instances(2)])
    assert kinds(results) == [ModelFailedError, None]


def test_columns_are_answered_in_columns(build: Callable[..., Scorer]) -> None:
    scorer = build(lambda a, b: a + tf.strings.to_number(b), tensor("float32", name="a"), tensor("string", name="b"))
    (answer,) = scorer.predict([b'{"inputs": {"b": ["10", "20"], "a": [1, 2]}}'])
    assert json.loads(answer.to_json()) == {"outputs": [{"value": 11.0}, {"value": 22.0}]}


@pytest.mark.parametrize("shape", [(), (1,)])
def test_texts(build: Callable[..., Scorer], shape: tuple[int, ...]) -> None:
    def lengths(x: Any) -> Any:
        return tf.cast(tf.strings.length(tf.reshape(x, [-1]), "UTF8_CHAR"), tf.float32)

    scorer = build(lengths, tensor("string", *shape), kind="text")
    assert values(scorer.predict([instances("größer", "")])[0]) == [6, 0]


def test_images_that_keep_their_size_are_gathered_by_it(build: Callable[..., Scorer]) -> None:
    def pixels(x: Any) -> Any:
        return tf.fill(tf.shape(x)[:1], tf.cast(tf.reduce_prod(tf.shape(x)[1:3]), tf.float32))

    scorer = build(pixels, tensor("uint8", None, None, 3), kind="image")
    sizes = [(8, 6), (5, 4), (8, 6), (3, 3)]
    bodies = [encode("red", kind, size) for size, kind in zip(sizes, ("JPEG", "PNG", "PNG", "JPEG"), strict=True)]
    bodies.insert(2, bodies[0][: len(bodies[0]) // 2])
    results = scorer.score(bodies)
    assert kinds(results) == [None, None, BrokenImageError, None, None]
    found = [json.loads(result.to_json())["value"] for result in results if not isinstance(result, RequestError)]
    assert found == [48, 20, 48, 9]


def test_images_of_their_own_size_have_no_more_pixels_in_a_call_than_one_may_have(
    build: Callable[..., Scorer], monkeypatch: pytest.MonkeyPatch
) -> None:
    def images(x: Any) -> Any:
        return tf.cast(tf.fill(tf.shape(x)[:1], tf.shape(x)[0]), tf.float32)

    limited = ServiceSettings(max_batch=4, max_pixels=100)
    scorer = build(images, tensor("uint8", None, None, 3), kind="image", settings=limited)
    bodies = [*[encode("red", size=(6, 8))] * 4, *[encode("red", size=(5, 5))] * 4, encode("red", size=(10, 10))]
    found = [json.loads(answer.to_json())["value"] for answer in scorer.predict(bodies)]
    assert found == [2] * 4 + [4] * 4 + [1]
    monkeypatch.setattr("scoring.scorer.prepare_gpus", lambda _: True)  # where three are filled up to four
    limited = ServiceSettings(max_batch=4, max_pixels=150)
    scorer = build(images, tensor("uint8", None, None, 3), kind="image", settings=limited)
    assert [json.loads(answer.to_json())["value"] for answer in scorer.predict(bodies[:4])] == [2] * 4


def test_a_model_that_scales_by_the_brightest_pixel_starts(build: Callable[..., Scorer]) -> None:
    def scaled(x: Any) -> Any:
        low, high = tf.reduce_min(x, axis=[1, 2, 3]), tf.reduce_max(x, axis=[1, 2, 3])
        return (tf.reduce_mean(x, axis=[1, 2, 3]) - low) / (high - low)

    assert build(scaled, tensor("float32", 8, 8, 3), kind="image", size=(8, 8)).device == "CPU:0"


def test_a_model_of_one_size_that_decodes_itself_starts(build: Callable[..., Scorer]) -> None:
    def decode(x: Any) -> Any:
        one = lambda jpeg: tf.ensure_shape(tf.io.decode_jpeg(jpeg, channels=3), [64, 64, 3])  # noqa: E731
        images = tf.map_fn(one, x, fn_output_signature=tf.TensorSpec([64, 64, 3], tf.uint8))
        return tf.reduce_mean(tf.cast(images, tf.float32), axis=[1, 2, 3])

    assert build(decode, tensor("string"), kind="jpeg").device == "CPU:0"


def test_a_long_enough_made_up_row_is_found(build: Callable[..., Scorer], caplog: pytest.LogCaptureFixture) -> None:
    def windows(x: Any) -> Any:
        return tf.reduce_sum(tf.nn.conv1d(x[..., tf.newaxis], tf.ones([9, 1, 1]), 1, "VALID"), axis=[1, 2])

    with caplog.at_level(logging.WARNING, "azmlinfsrv.trial"):
        scorer = build(windows, tensor("float32", None))
    assert scorer.device == "CPU:0"
    assert not caplog.records


def test_a_model_that_refuses_what_is_made_up_starts_untried(
    build: Callable[..., Scorer], caplog: pytest.LogCaptureFixture
) -> None:
    def days(x: Any) -> Any:
        return tf.strings.to_number(tf.strings.substr(x, 8, 2))

    with caplog.at_level(logging.WARNING, "azmlinfsrv.trial"):
        scorer = build(days, tensor("string"))
    assert scorer.device == "unknown"
    (record,) = caplog.records
    assert "The model failed on made-up values for 'x' [1]: " in record.getMessage()
    assert values(scorer.predict([instances("2026-11-26")])[0]) == [26]


def test_made_up_values_without_a_finite_answer_are_told(
    build: Callable[..., Scorer], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "azmlinfsrv.trial"):
        scorer = build(lambda x: tf.math.log(x - 5), tensor("float32"))
    assert "gave no finite numbers for made-up values" in caplog.text
    assert scorer.device == "CPU:0"
    assert values(scorer.predict([instances(6)])[0]) == [0]


def version(save: Save, probe: bytes) -> Path:
    """A registered version of a model that knows three words, with this file."""
    saved = save(lambda x: {"y": tf.gather([1.0, 2.0, 3.0], x - 5)}, spec(tensor("int32")))
    write_contract(contract(tensor("int32")), saved.parent)
    (saved.parent / PROBE_FILE).write_bytes(probe)
    return saved.parent


def test_a_versions_contract_and_probe_are_used(save: Save) -> None:
    folder = version(save, instances(6, 99))
    for path in (folder, folder / "model"):
        scorer = open_scorer(path, FOUR)
        assert (scorer.contract.task.kind, scorer.device) == ("regression", "CPU:0")
        assert values(scorer.predict([instances(7)])[0]) == [3]


@pytest.mark.parametrize(
    ("probe", "message"),
    [
        (instances(1), "failed on the version's file 'probe': .*not in"),
        (instances(1.5), "'probe' is no request for this model: Input 'x': int32 .rows. was given a fraction"),
        (b"", "'probe' is no request for this model: The body is empty"),
    ],
)
def test_a_probe_that_the_model_refuses_stops_the_start(save: Save, probe: bytes, message: str) -> None:
    with pytest.raises(StartupError, match=message):
        open_scorer(version(save, probe), FOUR)


def test_a_damaged_contract_stops_the_start(save: Save) -> None:
    folder = version(save, instances(6))
    (folder / FILE).write_text('{"signature": 1}')
    with pytest.raises(
        StartupError,
        match=r"contract\.json is damaged: signature: Input should be a valid string; input: ",
    ):
        open_scorer(folder, FOUR)


def test_an_untried_model_is_no_model_on_a_gpu(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.scorer.prepare_gpus", lambda _: False)
    folder = version(save, b"")
    (folder / PROBE_FILE).unlink()
    with pytest.raises(StartupError, match="TensorFlow ran the model on unknown"):
        open_scorer(folder, ServiceSettings(require_gpu=True))


def test_labels_and_logits_of_a_version(build: Callable[..., Scorer]) -> None:
    task = Task(
        kind="classification",
        outputs=(Tensor(name="y", dtype="float32", shape=(None, 2)),),
        logits=True,
        labels=("no", "yes"),
    )
    scorer = build(lambda x: x, tensor("float32", 2), task=task)
    (answer,) = scorer.predict([instances([0, np.log(3)])])
    (prediction,) = json.loads(answer.to_json())["predictions"]
    assert (prediction["class"], prediction["label"]) == (1, "yes")
    assert prediction["probability"] == pytest.approx(0.75)


def test_compiled_batches_of_tensors_are_padded(save: Save) -> None:
    """XLA knows the sizes that were warmed up: three rows are four to the model."""

    def count(x: Any) -> dict[str, Any]:
        return {"y": x + tf.cast(tf.shape(x)[0], tf.float32)}

    saved = save(count, spec(tensor("float32")))
    assert freeze(saved, contract(tensor("float32"))) is None
    scorer = Scorer(saved, contract(tensor("float32")), ServiceSettings(max_batch=4, xla=True))
    assert values(scorer.predict([instances(1, 2, 3)])[0]) == [5, 6, 7]
    assert values(scorer.predict([instances(*range(5))])[0]) == [4, 5, 6, 7, 5]


@pytest.mark.parametrize(
    ("fields", "form", "mend"),
    [
        ({"kind": "tensors"}, tensor("float32", None), "'x': float32 .rows, .. has free .*export the model with fixed"),
        (
            {"kind": "image"},
            tensor("float32", None, 8, 3),
            "say the size that images are resized to, or set scoring.xla",
        ),
    ],
)
def test_compiling_for_every_shape_that_is_sent_is_refused(
    save: Save, fields: dict[str, Any], form: Tensor, mend: str
) -> None:
    saved = save(lambda x: {"y": tf.reduce_sum(x, axis=[*range(1, len(x.shape))])}, spec(form))
    assert freeze(saved, contract(form, **fields)) is None
    with pytest.raises(StartupError, match=mend):
        Scorer(saved, contract(form, **fields), ServiceSettings(max_batch=4, xla=True))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: 1 / x, "gave no finite numbers for the version's file 'probe'"),
        (tf.reduce_sum, r"The output 'y' has the shape \[\], the contract says \[None\]"),
        (lambda x: tf.tile(x, [2]), "Output 'y' has 2 rows for 1 inputs instead of one each"),
    ],
)
def test_outputs_that_are_not_sound_stop_the_start(save: Save, function: Callable[..., Any], message: str) -> None:
    saved = save(lambda x: {"y": function(x)}, spec(tensor("float32")))
    with pytest.raises(StartupError, match=message):
        Scorer(saved, contract(tensor("float32")), FOUR, probe=instances(0))
