"""JSON into tensors: what is taken, and what each refusal says."""

import json
from typing import Any

import numpy as np
import pytest

from scoring.contract import Tensor
from scoring.errors import (
    BadJsonError,
    EmptyBodyError,
    JsonError,
    StartupError,
    TooManyRowsError,
    TooManyValuesError,
    WrongFormError,
    WrongShapeError,
    WrongValueError,
)
from scoring.inputs.examples import Examples
from scoring.inputs.tensors import TensorReader


def tensor(dtype: str, *shape: int | None, name: str = "x") -> Tensor:
    return Tensor(name=name, dtype=dtype, shape=(None, *shape))


def reader(*tensors: Tensor, texts: bool = False, max_rows: int = 4, max_values: int = 100) -> TensorReader:
    return TensorReader(tensors, "serving_default", texts=texts, max_rows=max_rows, max_values=max_values)


def test_more_keys_than_any_request_needs_are_refused_undecoded() -> None:
    body = b'{"instances": [{' + b",".join([b'"":0'] * 2**20) + b", not JSON"
    with pytest.raises(TooManyValuesError, match="more than 1048576 lists, objects and keys"):
        reader(tensor("int8", None)).read(body)


@pytest.mark.parametrize("lists", [b"[]", b"{}", b"[[]]"])
def test_more_lists_than_any_request_needs_are_refused_undecoded(lists: bytes) -> None:
    body = b'{"instances": [' + b",".join([lists] * 2**20) + b", not JSON"
    with pytest.raises(TooManyValuesError, match="more than 1048576 lists, objects and keys"):
        reader(tensor("int8", None, None)).read(body)
    with pytest.raises(BadJsonError):
        reader(tensor("int8", None, None), max_values=10**7).read(body)


def test_an_rgb_pixel_in_a_list_of_its_own_is_a_request() -> None:
    body = b'{"instances": [[' + b",".join([b"[0,0,0]"] * 1_300_000) + b"]]}"
    (column,) = reader(tensor("uint8", None, 3), max_values=4 * 2**20).read(body).columns
    assert np.asarray(column).shape == (1, 1_300_000, 3)


def read(document: Any, *tensors: Tensor, **options: Any) -> Examples:
    return reader(*tensors, **options).read(json.dumps(document).encode())


TWO = (tensor("float32", 2, name="a"), tensor("string", name="b"))


@pytest.mark.parametrize(
    ("document", "form"),
    [
        ({"instances": [[1, 2.5], [3, 4]]}, "instances"),
        ({"instances": [{"x": [1, 2.5]}, {"x": [3, 4]}]}, "instances"),
        ({"inputs": [[1, 2.5], [3, 4]]}, "inputs"),
        ({"inputs": {"x": [[1, 2.5], [3, 4]]}, "signature_name": "serving_default"}, "inputs"),
    ],
)
def test_the_forms_of_one_input(document: Any, form: str) -> None:
    examples = read(document, tensor("float32", 2))
    (column,) = examples.columns
    assert isinstance(column, np.ndarray)
    assert (column.tolist(), column.dtype.name) == ([[1, 2.5], [3, 4]], "float32")
    assert (examples.rows, examples.form, examples.shapes) == (2, form, ((2,),))


@pytest.mark.parametrize(
    "document",
    [
        {"instances": [{"a": [1, 2], "b": "x"}, {"b": {"b64": "/w=="}, "a": [3, 4]}]},
        {"inputs": {"b": ["x", {"b64": "/w=="}], "a": [[1, 2], [3, 4]]}},
    ],
)
def test_the_forms_of_several_inputs(document: Any) -> None:
    examples = read(document, *TWO)
    assert [np.asarray(column).tolist() for column in examples.columns] == [[[1, 2], [3, 4]], [b"x", b"\xff"]]
    assert examples.rows == 2


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_floats_may_be_written_as_whole_numbers(dtype: str) -> None:
    (column,) = read({"instances": [1, 0.5]}, tensor(dtype)).columns
    assert isinstance(column, np.ndarray)
    assert (column.astype(float).tolist(), column.dtype.name) == ([1, 0.5], dtype)


@pytest.mark.parametrize(
    ("dtype", "values"),
    [("int8", [-128, 127]), ("uint64", [0, 2**64 - 1]), ("int64", [-(2**63), 2**63 - 1]), ("bool", [True, False])],
)
def test_the_extremes_of_a_type_are_taken(dtype: str, values: list[int]) -> None:
    (column,) = read({"instances": values}, tensor(dtype)).columns
    assert isinstance(column, np.ndarray)
    assert (column.tolist(), column.dtype.name) == (values, dtype)


@pytest.mark.parametrize("shape", [(), (1,)])
@pytest.mark.parametrize("texts", [["groß", "b"], [["groß"], ["b"]]])
def test_texts_are_written_either_way(shape: tuple[int, ...], texts: list[Any]) -> None:
    examples = read({"instances": texts}, tensor("string", *shape), texts=True)
    assert (examples.columns, examples.rows, examples.shapes) == ([["groß".encode(), b"b"]], 2, ())


def test_requests_of_different_free_lengths_are_of_different_shapes() -> None:
    short, long = (read({"instances": [[1] * length]}, tensor("int32", None)) for length in (2, 3))
    assert (short.shapes, long.shapes) == (((2,),), ((3,),))


@pytest.mark.parametrize("document", [{"instances": [[]]}, {"inputs": [[], []]}])
def test_a_free_dimension_may_be_empty(document: Any) -> None:
    (column,) = read(document, tensor("float32", None)).columns
    assert isinstance(column, np.ndarray)
    assert column.shape[1:] == (0,)


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (b"", EmptyBodyError, r"POST JSON, .*the inputs are 'x': float32 \[rows, 2\]"),
        (b"\xff\xd8\xff", BadJsonError, "no JSON object"),
        (b"[1]", BadJsonError, "no JSON object"),
        (b'{"instances": [[1, NaN]]}', BadJsonError, "isn't JSON"),
        (b'{"instances": [[1, 1e999]]}', BadJsonError, "isn't JSON"),
        (b'{"instances": ' + b"[" * 5000, BadJsonError, "isn't JSON"),
        (b'{"instances": "\\ud800"}', BadJsonError, "isn't JSON"),
        (b'{"instances": [[1, 2]]} {}', BadJsonError, "isn't JSON"),
    ],
)
def test_what_is_no_json(body: bytes, error: type[JsonError], message: str) -> None:
    with pytest.raises(error, match=message):
        reader(tensor("float32", 2)).read(body)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, '0 of the keys "instances" and "inputs"'),
        ({"instances": [[1, 2]], "inputs": [[1, 2]]}, "2 of the keys"),
        ({"instances": [[1, 2]], "context": {}}, "a key 'context'"),
        ({"instances": [[1, 2]], "signature_name": "other"}, "signature_name is 'other'.*answers 'serving_default'"),
        ({"instances": []}, "'instances' is an empty list"),
        ({"instances": "x"}, "'instances' is no list"),
        ({"inputs": 1}, "'x' is no list"),
        ({"inputs": None}, "'x' is no list"),
        ({"instances": [{"y": [1, 2]}]}, "Row 0 has no 'x'"),
        ({"instances": [{"x": [1, 2]}, {"x": [1, 2], "y": 1}]}, "Row 1 has 'y', which is no input"),
        ({"instances": [{"x": [1, 2]}, [1, 2]]}, "Row 1 is no object by name of input"),
        ({"inputs": {"x": [[1, 2]], "y": [1]}}, "inputs has 'y', which is no input"),
    ],
)
def test_other_forms(document: Any, message: str) -> None:
    with pytest.raises(WrongFormError, match=message):
        read(document, tensor("float32", 2))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"instances": [[1, 2]]}, "Row 0 is no object by name of input; the inputs are 'a': float32 .rows, 2., 'b'"),
        ({"inputs": {"a": [[1, 2]]}}, "inputs has no 'b'"),
        ({"inputs": {"a": [[1, 2]], "b": ["x", "y"]}}, "different numbers of rows: 'a' has 1, 'b' has 2"),
    ],
)
def test_other_forms_of_several_inputs(document: Any, message: str) -> None:
    with pytest.raises(WrongFormError, match=message):
        read(document, *TWO)


@pytest.mark.parametrize(
    ("instances", "message"),
    [
        ([1, 2], r"'x': float32 \[rows, 2, \?\] was given a whole number where a list is wanted"),
        ([[[1], [2]], [[1, 2], [3, 4]]], "lists of 1 and of 2 values side by side"),
        ([[[1], [2, 3]]], "lists of 1 and of 2 values side by side"),
        ([[[1], [2], [3]]], "lists of 3 values where 2 are wanted"),
        ([[[[1]], [[2]]]], "lists where values are wanted"),
        ([[[1], 2]], "a whole number where a list is wanted"),
        ([None], "null where a list is wanted"),
    ],
)
def test_other_shapes(instances: list[Any], message: str) -> None:
    with pytest.raises(WrongShapeError, match=message):
        read({"instances": instances}, tensor("float32", 2, None))


@pytest.mark.parametrize(
    ("dtype", "values", "message"),
    [
        ("float32", [1, "1.5"], r"'x': float32 \[rows\] was given a text: '1.5'"),
        ("float32", [1.5, True], "true or false"),
        ("float32", [None], "null"),
        ("float32", [1e39], "1e\\+39, which float32 can't hold"),
        ("float16", [70000], "70000, which float16 can't hold"),
        ("int32", [1, 2.0], "a fraction: '2.0'"),
        ("int32", [2**31], "2147483648, which int32 can't hold"),
        ("uint8", [-1], "-1, which uint8 can't hold"),
        ("int64", [2**63], "can't hold"),
        ("int64", [2**70], "a fraction"),
        ("int32", [True], "true or false"),
        ("bool", [1], "a whole number: '1'"),
        ("string", ["a", 1], "a whole number"),
        ("string", [{"b64": "*"}], "an object that isn't"),
        ("string", [{"b64": 1}], "an object that isn't"),
        ("string", ["a", {"b64": "", "x": ""}], "an object that isn't"),
        ("string", ["a", {}], "an object that isn't"),
    ],
)
def test_other_values(dtype: str, values: list[Any], message: str) -> None:
    with pytest.raises(WrongValueError, match=message):
        read({"inputs": values}, tensor(dtype))


def test_rows_and_values_are_bounded() -> None:
    read({"instances": [[1] * 25] * 4}, tensor("float32", None))
    with pytest.raises(TooManyRowsError, match="has 5 rows: send 4 at most"):
        read({"instances": [[1]] * 5}, tensor("float32", None))
    with pytest.raises(TooManyValuesError, match="more than 100 values"):
        read({"instances": [[1] * 26] * 4}, tensor("float32", None))
    half = {"a": [1] * 25, "b": [1] * 26}
    with pytest.raises(TooManyValuesError, match="more than 100 values"):
        read({"instances": [half] * 2}, tensor("int8", None, name="a"), tensor("int8", None, name="b"), max_values=100)


def test_an_input_that_json_has_no_form_for() -> None:
    with pytest.raises(StartupError, match="'x' is complex64, which JSON has no form for"):
        reader(tensor("complex64"))


def test_whatever_json_says_it_is_read_or_refused() -> None:
    random = np.random.default_rng(20)
    objects: list[Any] = [{"b64": "eA=="}, {"b64": 1}, [], {}, {"a": [1, 2]}]
    atoms: list[Any] = [0, 1.5, -1, 2**63, 1e300, True, None, "", "x", *objects]

    def value(depth: int) -> Any:
        if depth == 0 or random.random() < 0.3:
            return atoms[random.integers(len(atoms))]
        parts = [value(depth - 1) for _ in range(random.integers(4))]
        names = ["a", "b", "x", "instances", "inputs", "b64"]
        return parts if random.random() < 0.7 else {names[random.integers(len(names))]: part for part in parts}

    models = [reader(tensor("float32", 2)), reader(*TWO), reader(tensor("string", None)), reader(tensor("int8"))]
    models += [reader(tensor("string", 1), texts=True)]
    read_ = refused = 0
    for number in range(4000):
        document = {["instances", "inputs"][number % 2]: value(4)}
        for model in models:
            try:
                model.read(json.dumps(document).encode())
                read_ += 1
            except JsonError:  # noqa: PERF203 -- what is tested
                refused += 1
    assert min(read_, refused) > 100
