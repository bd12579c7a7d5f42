"""What goes over the wire: one image as an HTTP request, an HTTP answer as label and probabilities.

Every service takes the JPEG itself as the body and answers JSON, save Triton, whose own protocol has no such form.
"""

import json
import struct
from http.client import HTTPMessage
from typing import Protocol

import numpy as np

from benchmarks.serving.models import CLASSES, Expected


class Wire(Protocol):
    """One way to ask a service."""

    path: str

    def request(self, image: bytes) -> tuple[dict[str, str], bytes]:
        """Headers and body that ask about `image`."""

    def answer(self, headers: HTTPMessage, body: bytes) -> Expected:
        """What a 200 says; a ValueError or KeyError when it isn't an answer with CLASSES probabilities."""


class RawJpeg:
    """The JPEG as the body; the answer is `{"class": 3, "probability": 0.9, "probabilities": [...]}`."""

    path = "/score"

    def request(self, image: bytes) -> tuple[dict[str, str], bytes]:
        return {"Content-Type": "application/octet-stream"}, image

    def answer(self, headers: HTTPMessage, body: bytes) -> Expected:
        document = json.loads(body)
        if len(document["probabilities"]) != CLASSES:
            raise ValueError(f"{len(document['probabilities'])} probabilities instead of {CLASSES}")
        probabilities = np.array(document["probabilities"], np.float32)
        return Expected(document["class"], document["probability"], probabilities)


class TritonBinary:
    """The KServe v2 protocol with Triton's binary tensor data, the form that its own clients use.

    https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/extension_binary_data.html
    """

    path = "/v2/models/classifier/infer"
    _length = "Inference-Header-Content-Length"

    def request(self, image: bytes) -> tuple[dict[str, str], bytes]:
        tensor = struct.pack("<I", len(image)) + image
        document = {
            "parameters": {"binary_data_output": True},
            "inputs": [
                {
                    "name": "jpegs",
                    "shape": [1, 1],
                    "datatype": "BYTES",
                    "parameters": {"binary_data_size": len(tensor)},
                }
            ],
        }
        head = json.dumps(document, separators=(",", ":")).encode()
        return {"Content-Type": "application/octet-stream", self._length: str(len(head))}, head + tensor

    def answer(self, headers: HTTPMessage, body: bytes) -> Expected:
        end = int(headers[self._length])
        tensors: dict[str, bytes] = {}
        for output in json.loads(body[:end])["outputs"]:
            size = output["parameters"]["binary_data_size"]
            tensors[output["name"]] = body[end : end + size]
            end += size
        (label,) = struct.unpack("<q", tensors["classes"])
        probabilities = np.array(struct.unpack(f"<{CLASSES}f", tensors["probabilities"]), np.float32)
        return Expected(label, float(probabilities.max()), probabilities)


def http_request(wire: Wire, host: str, image: bytes) -> bytes:
    """The bytes of a whole HTTP/1.1 request about `image`."""
    headers, body = wire.request(image)
    fields = {"Host": host, **headers, "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {wire.path} HTTP/1.1\r\n{head}\r\n".encode() + body
