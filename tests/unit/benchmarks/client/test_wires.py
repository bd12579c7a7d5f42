import json
import struct
from http.client import HTTPMessage

import numpy as np
import pytest

from benchmarks.serving.client.wires import RawJpeg, TritonBinary, http_request
from benchmarks.serving.models import CLASSES


def test_the_raw_request_is_the_image_under_a_head() -> None:
    request = http_request(RawJpeg(), "127.0.0.1:80", b"\xff\xd8jpeg")

    head, body = request.split(b"\r\n\r\n")
    assert head.startswith(b"POST /score HTTP/1.1\r\nHost: 127.0.0.1:80\r\n")
    assert b"Content-Length: 6" in head
    assert body == b"\xff\xd8jpeg"


def test_the_raw_answer_is_label_and_probabilities() -> None:
    document = {"class": 3, "probability": 0.5, "probabilities": [0.1] * CLASSES}

    answer = RawJpeg().answer(HTTPMessage(), json.dumps(document).encode())

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

    answer = TritonBinary().answer(headers, head + b"".join(tensors.values()))

    assert (answer.label, answer.probability) == (7, 0.25)
    assert answer.probabilities.tolist() == probabilities
