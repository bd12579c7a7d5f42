"""JSON in TensorFlow Serving's two forms, rows and columns, read strictly (tensorflow.org/tfx/serving/api_rest).

{"instances": [1.5, 2.5]}                        rows of the only input
{"instances": [{"a": 1.5, "b": "x"}, ...]}       rows of several
{"inputs": [1.5, 2.5]}                           the only input, whole
{"inputs": {"a": [1.5, 2.5], "b": ["x", "y"]}}   several
"""

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any

import orjson

from scoring.contract import Tensor
from scoring.errors import (
    BadJsonError,
    BodyTooLargeError,
    EmptyBodyError,
    RequestError,
    TooManyRowsError,
    TooManyValuesError,
    WrongFormError,
)
from scoring.inputs.examples import Column, Examples
from scoring.inputs.values import check_dtype, describe, is_bytes, to_array
from scoring.tasks.answer import Array, Form

FEWEST_LISTS = 2**20
"""As many any service reads; orjson takes some 0.15 s for them."""
FORMS: tuple[Form, ...] = ("instances", "inputs")
OBJECT = re.compile(rb"\s*\{")
KEY = re.compile(rb'"\s*:')


class TensorReader:
    """Reads requests for a model of these inputs.

    `texts`: the only input is of strings [rows] or [rows, 1], which a request may write either way and the model is
    given as a list. StartupError for an input that JSON has no form for.
    """

    def __init__(
        self, tensors: Sequence[Tensor], signature: str, *, texts: bool, max_rows: int, max_values: int
    ) -> None:
        for tensor in tensors:
            check_dtype(tensor)
        self._tensors = tensors
        self._inputs = ", ".join(map(describe, tensors))
        self._signature = signature
        self._texts = texts
        self._max_rows = max_rows
        self._max_values = max_values
        self._max_lists = max(FEWEST_LISTS, max_values // 3)  # an RGB pixel is a list of three

    @property
    def usage(self) -> str:
        """What to POST, in a sentence."""
        return f'POST JSON, {{"instances": [...]}} or {{"inputs": ...}}; the inputs are {self._inputs}.'

    def check(self, body: bytes) -> int:
        """Its bytes; and what can be told of a body at once, on the event loop: EmptyBodyError, BadJsonError."""
        if not body:
            raise EmptyBodyError(f"The body is empty: {self.usage}")
        if not OBJECT.match(body):
            raise BadJsonError(f"The body is no JSON object: {self.usage}")
        return len(body)

    def too_large(self, max_bytes: int) -> RequestError:
        """The error for a body of more than `max_bytes`."""
        return BodyTooLargeError(f"The body has more than {max_bytes} bytes, the most that this service takes.")

    def read(self, body: bytes) -> Examples:
        """The rows of a request. A JsonError where it isn't one that this model can be asked."""
        self.check(body)
        self._check_lists(body)
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise BadJsonError(f"The body isn't JSON: {error}.") from error
        form = self._form(document)
        named = self._of_rows(document[form]) if form == "instances" else self._of_columns(document[form])
        return self._examples([named[tensor.name] for tensor in self._tensors], form)

    def _check_lists(self, body: bytes) -> None:
        """Before decoding, which holds Python's interpreter; a list takes seven times as long as a value."""
        nested = body.count(b"[") + body.count(b"{")
        if nested > self._max_lists or self._has_more_keys(body, self._max_lists - nested):
            raise TooManyValuesError(
                f"The body has more than {self._max_lists} lists, objects and keys, the most that this service takes."
            )

    @staticmethod
    def _has_more_keys(body: bytes, most: int) -> bool:
        """Each key of an object costs what a list does; a text may well have more colons."""
        return body.count(b":") > most and next(islice(KEY.finditer(body), most, None), None) is not None

    def _examples(self, lists: Sequence[Sequence[Any]], form: Form) -> Examples:
        arrays: list[Array] = []
        for values, tensor in zip(lists, self._tensors, strict=True):
            taken = sum(array.size for array in arrays)
            arrays.append(to_array(values, self._spelled(values, tensor), self._max_values, taken=taken))
        columns: list[Column] = [arrays[0].ravel().tolist()] if self._texts else [*arrays]
        shapes = () if self._texts else tuple(array.shape[1:] for array in arrays)
        return Examples(columns, len(arrays[0]), shapes, form)

    def _spelled(self, values: Sequence[Any], tensor: Tensor) -> Tensor:
        """The tensor in the shape in which its texts are written."""
        if not self._texts:
            return tensor
        return tensor.model_copy(update={"shape": (None, 1) if isinstance(values[0], list) else (None,)})

    def _form(self, document: dict[str, Any]) -> Form:
        unknown = [key for key in document if key not in (*FORMS, "signature_name")]
        if unknown:
            raise WrongFormError(f'The request has a key {unknown[0][:40]!r}: it takes "instances" or "inputs".')
        forms = [form for form in FORMS if form in document]
        if len(forms) != 1:
            raise WrongFormError(f'The request has {len(forms)} of the keys "instances" and "inputs": send one.')
        asked = document.get("signature_name", self._signature)
        if asked != self._signature:
            raise WrongFormError(f"signature_name is {str(asked)[:40]!r}: this service answers {self._signature!r}.")
        return forms[0]

    def _of_rows(self, instances: Any) -> dict[str, Sequence[Any]]:
        self._check_rows("instances", instances)
        if len(self._tensors) == 1 and not self._is_named(instances[0]):
            return {self._tensors[0].name: instances}
        for row, instance in enumerate(instances):
            self._check_names(f"Row {row}", instance)
        return {tensor.name: [instance[tensor.name] for instance in instances] for tensor in self._tensors}

    def _of_columns(self, inputs: Any) -> dict[str, Sequence[Any]]:
        if len(self._tensors) == 1 and not self._is_named(inputs):
            inputs = {self._tensors[0].name: inputs}
        self._check_names("inputs", inputs)
        for name, values in inputs.items():
            self._check_rows(name, values)
        if len({len(values) for values in inputs.values()}) > 1:
            lengths = ", ".join(f"{name!r} has {len(values)}" for name, values in inputs.items())
            raise WrongFormError(f"The inputs have different numbers of rows: {lengths}.")
        return dict(inputs)

    def _is_named(self, value: Any) -> bool:
        """Whether it is an object by name of input, not the value of the only input."""
        return isinstance(value, dict) and not (is_bytes(value) and self._tensors[0].name != "b64")

    def _check_names(self, place: str, value: Any) -> None:
        wanted = [tensor.name for tensor in self._tensors]
        if not isinstance(value, dict):
            raise WrongFormError(f"{place} is no object by name of input; the inputs are {self._inputs}.")
        if set(value) != set(wanted):
            odd = next((f"has no {name!r}" for name in wanted if name not in value), None)
            odd = odd or next(f"has {name[:40]!r}, which is no input" for name in value if name not in wanted)
            raise WrongFormError(f"{place} {odd}; the inputs are {self._inputs}.")

    def _check_rows(self, name: str, values: Any) -> None:
        if not isinstance(values, list) or not values:
            found = "an empty list" if isinstance(values, list) else "no list"
            raise WrongFormError(f"{name!r} is {found}: send a list of rows; the inputs are {self._inputs}.")
        if len(values) > self._max_rows:
            raise TooManyRowsError(f"The request has {len(values)} rows: send {self._max_rows} at most.")
