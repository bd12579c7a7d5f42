from itertools import islice

import numpy as np
import pytest
import tensorflow as tf

from scoring.contract import Contract, Input, Task, Tensor
from scoring.inputs.probe import picture, probes

OUTPUT = Tensor(name="y", dtype="float32", shape=(None, 1))


def contract(form: Input) -> Contract:
    return Contract(signature="serving_default", input=form, task=Task(kind="regression", outputs=(OUTPUT,)))


def test_an_image_is_never_flat_and_always_the_same() -> None:
    image = picture(28, 40)
    assert image.shape == (28, 40, 3)
    assert all(len(np.unique(channel)) > 50 for channel in image.reshape(-1, 3).T)
    assert (image == picture(28, 40)).all()


@pytest.mark.parametrize(
    ("shape", "size", "sides"),
    [
        ((None, 8, 6, 3), (8, 6), (8, 6)),
        ((None, None, None, 1), (30, 20), (30, 20)),
        ((None, None, 7, 3), None, (224, 7)),
    ],
)
def test_an_image_has_the_models_size(shape: tuple[int], size: tuple[int, int] | None, sides: tuple[int, int]) -> None:
    tensor = Tensor(name="x", dtype="float32", shape=shape)
    (probe,) = probes(contract(Input(kind="image", tensors=(tensor,), size=size)))
    assert tf.io.decode_jpeg(probe.examples.columns[0][0]).shape[:2] == sides
    assert probe.name == f"a JPEG of {sides[1]} x {sides[0]} pixels"


def test_of_a_model_that_decodes_itself_several_sizes_are_tried() -> None:
    tensor = Tensor(name="x", dtype="string", shape=(None,))
    found = islice(probes(contract(Input(kind="jpeg", tensors=(tensor,)))), 3)
    assert [probe.name.split()[3] for probe in found] == ["224", "299", "28"]


def test_tensors_have_the_models_types_and_several_lengths_where_they_are_free() -> None:
    tensors = (
        Tensor(name="a", dtype="bfloat16", shape=(None, 3)),
        Tensor(name="b", dtype="int64", shape=(None, None)),
        Tensor(name="c", dtype="bool", shape=(None,)),
        Tensor(name="d", dtype="string", shape=(None, 2)),
    )
    found = list(probes(contract(Input(kind="tensors", tensors=tensors))))
    assert [np.shape(probe.examples.columns[1]) for probe in found] == [(1, 1), (1, 8), (1, 32), (1, 128), (1, 512)]
    a, b, c, d = map(np.asarray, found[1].examples.columns)
    assert (a.dtype.name, b.dtype.name, c.dtype.name, d.tolist()) == ("bfloat16", "int64", "bool", [[b"1", b"1"]])
    assert set(b.ravel().tolist()) == {0, 1}
    assert (len(list(probes(contract(Input(kind="tensors", tensors=tensors[:1])))))) == 1


def test_a_text() -> None:
    tensor = Tensor(name="x", dtype="string", shape=(None, 1))
    (probe,) = probes(contract(Input(kind="text", tensors=(tensor,))))
    assert probe.examples.columns == [[b"1"]]
