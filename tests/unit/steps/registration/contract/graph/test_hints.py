"""What real graphs tell."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from scoring.model.signature import read_meta_graph
from steps.registration.contract.graph.hints import Hints, read_hints
from tests.zoo.tf_modules import STRINGS, save

IMAGES = tf.TensorSpec([None, 4, 4, 3], name="content")


def hints(folder: Path, function: Callable[[Any], dict[str, Any]], spec: Any = STRINGS) -> Hints:
    save(folder, function, spec)
    return read_hints(read_meta_graph(folder), "serving_default")


nested = tf.function(lambda content: tf.identity(tf.nn.softmax(content)))


@pytest.mark.parametrize(
    ("function", "last"),
    [
        (tf.nn.softmax, "Softmax"),
        (tf.nn.log_softmax, "LogSoftmax"),
        (nested, "Softmax"),
        (lambda x: tf.cast(tf.sigmoid(x), tf.float64), "Sigmoid"),
        (lambda x: tf.squeeze(tf.sigmoid(x[:, :1]), axis=1), "Sigmoid"),
        (lambda x: tf.cond(tf.reduce_any(x > 0), lambda: tf.nn.softmax(x), lambda: x), "If"),
        (lambda x: tf.nn.softmax(x) * 2, "Mul"),
        (lambda x: x + 1, "AddV2"),
    ],
)
def test_the_operation_that_computes_an_output(function: Any, last: str, tmp_path: Path) -> None:
    found = hints(tmp_path, lambda content: {"y": function(content)}, tf.TensorSpec([None, 3], name="content"))
    assert found.last["y"].removeprefix("Stateless") == last


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda s: tf.map_fn(tf.io.decode_png, s, fn_output_signature=tf.uint8), "jpeg"),
        (lambda s: tf.cond(tf.size(s) > 1, lambda: tf.strings.lower(s), lambda: s), "text"),
        (lambda s: tf.strings.to_hash_bucket_fast(s, 10), "text"),
        (lambda s: tf.strings.length(tf.io.decode_base64(s)), "base64"),
        (
            lambda s: tf.map_fn(lambda one: tf.io.decode_png(tf.io.read_file(one)), s, fn_output_signature=tf.uint8),
            "file",
        ),
        (lambda s: tf.io.decode_raw(s, tf.uint8), None),
    ],
)
def test_what_strings_are(function: Any, kind: str | None, tmp_path: Path) -> None:
    found = hints(tmp_path, lambda content: {"y": function(content)})
    assert found.strings.get("content", (None, ""))[0] == kind


@pytest.mark.parametrize(
    ("function", "divisor"),
    [
        (lambda x: x / 255, "255"),
        (lambda x: x * (1 / 127.5) - 1, "127.5"),
        (lambda x: tf.cast(x, tf.float64) / 255, "255"),
        (lambda x: x / 255 + tf.reduce_mean(x), None),
        (lambda x: 255 / x, None),
        (lambda x: x / 256.5, None),
        (lambda x: x - 1, None),
    ],
)
def test_by_what_the_graph_itself_divides(function: Any, divisor: str | None, tmp_path: Path) -> None:
    found = hints(tmp_path, lambda content: {"y": function(content)}, IMAGES)
    assert found.divided.get("content") == divisor
