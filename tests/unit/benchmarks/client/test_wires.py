import json
import struct
from http.client import HTTPMessage
from typing import Any

import numpy as np
import pytest

from benchmarks.serving.client.wires import OUR_WIRES, Json, RawJpeg, TritonBinary, V2Json, Wire, http_request
from benchmarks.serving.models import CLASSES, VALUES
from benchmarks.serving.samples import FEATURES, rows


def test_the_raw_request_is_the_image_under_a_head() -> None:
    request = http_request(RawJpeg(), "127.0.0.1:80", b"\xff\xd8jpeg")

    head, body = request.split(b"\r\n\r\n")
    assert head.startswith(b"POST /score HTTP/1.1\r\nHost: 127.0.0.1:80\r\n")
    assert b"Content-Length: 6" in head
    assert body == b"\xff\xd8jpeg"


def test_the_raw_answer_is_label_and_probabilities() -> None:
    document = {"class": 3, "probability": 0.5, "probabilities": [0.1] * CLASSES}

    (answer,) = RawJpeg().answer(HTTPMessage(), json.dumps(document).encode())

    assert (answer.label, answer.probability) == (3, 0.5)
    assert answer.probabilities.tolist() == np.full(CLASSES, 0.1, np.float32).tolist()


@pytest.mark.parametrize("body", [b"{}", b"no JSON", b'{"class": 1, "probability": 1.0, "probabilities": [1.0]}'])
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        RawJpeg().answer(HTTPMessage(), body)


def test_the_triton_request_describes_the_bytes_behind_it() -> None:
    headers, body = TritonBinary().request(b"jpeg")

    end = int(headers["Inference-Header-Content-Length"])
    (tensor,) = json.loads(body[:end])["inputs"]
    assert (tensor["datatype"], tensor["shape"]) == ("BYTES", [1, 1])
    assert tensor["parameters"]["binary_data_size"] == len(body) - end
    assert body[end:] == b"\x04\x00\x00\x00jpeg"


def test_the_triton_answer_is_read_from_its_tensors() -> None:
    probabilities = [0.0] * CLASSES
    probabilities[7] = 0.25
    tensors = {"probabilities": struct.pack(f"<{CLASSES}f", *probabilities), "classes": struct.pack("<q", 7)}
    outputs = [{"name": name, "parameters": {"binary_data_size": len(data)}} for name, data in tensors.items()]
    head = json.dumps({"outputs": outputs}).encode()
    headers = HTTPMessage()
    headers["inference-header-content-length"] = str(len(head))

    (answer,) = TritonBinary().answer(headers, head + b"".join(tensors.values()))

    assert (answer.label, answer.probability) == (7, 0.25)
    assert answer.probabilities.tolist() == probabilities


@pytest.mark.parametrize("wire", [OUR_WIRES["json"], Json("data")])
def test_rows_are_json_to_the_last_bit(wire: Json) -> None:
    (sample, *_) = rows(2)

    headers, body = wire.request(sample)

    assert headers == {"Content-Type": "application/json"}
    assert np.array(json.loads(body)[wire.rows], np.float32).tolist() == sample.tolist()


def test_the_v2_request_is_a_flat_tensor() -> None:
    (sample, *_) = rows(2)

    (tensor,) = json.loads(V2Json().request(sample)[1])["inputs"]

    assert (tensor["name"], tensor["shape"], tensor["datatype"]) == ("features", [2, FEATURES], "FP32")
    assert np.array(tensor["data"], np.float32).tolist() == sample.ravel().tolist()


MATRIX = [[0.0] * (VALUES - 1) + [0.5], [0.25] + [0.0] * (VALUES - 1)]
V2_OUTPUT = {"name": "probabilities", "shape": [2, VALUES], "datatype": "FP32", "data": MATRIX[0] + MATRIX[1]}


@pytest.mark.parametrize(
    ("wire", "document"),
    [
        (Json("instances", "predictions"), {"predictions": MATRIX}),
        (Json("data"), MATRIX),
        (V2Json(), {"outputs": [V2_OUTPUT]}),
    ],
)
def test_each_row_of_a_json_answer_is_an_answer(wire: Wire[Any], document: Any) -> None:
    answers = wire.answer(HTTPMessage(), json.dumps(document).encode())

    assert [(answer.label, answer.probability) for answer in answers] == [(VALUES - 1, 0.5), (0, 0.25)]
    assert [answer.probabilities.tolist() for answer in answers] == MATRIX


@pytest.mark.parametrize("document", [{"predictions": [[0.5]]}, {"predictions": [0.5]}, {"error": {}}, [], "text", 1])
def test_what_is_no_answer_in_rows_is_refused(document: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Json("instances", "predictions").answer(HTTPMessage(), json.dumps(document).encode())
