"""What goes over the wire: a sample as an HTTP request, an HTTP answer as label and probabilities of each row.

Every service takes the JPEG itself as the body and answers JSON, save Triton, whose own protocol has no such form.
Numbers are JSON both ways, in each service's own form.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPMessage
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import orjson

from benchmarks.serving.models import CLASSES, VALUES, Expected, Form, expected

Sample_contra = TypeVar("Sample_contra", contravariant=True)
Rows = npt.NDArray[np.float32]
"""[rows, FEATURES]."""
JSON_HEADERS = {"Content-Type": "application/json"}


class Wire(Protocol[Sample_contra]):
    """One way to ask a service."""

    @property
    def path(self) -> str: ...

    def request(self, sample: Sample_contra, /) -> tuple[dict[str, str], bytes]:
        """Headers and body that ask about `sample`."""

    def answer(self, headers: HTTPMessage, body: bytes) -> list[Expected]:
        """What a 200 says of each row, or the image; a ValueError, KeyError or TypeError when that isn't an answer."""


class RawJpeg:
    """The JPEG as the body; the answer is `{"class": 3, "probability": 0.9, "probabilities": [...]}`."""

    path = "/score"

    def request(self, image: bytes, /) -> tuple[dict[str, str], bytes]:
        return {"Content-Type": "application/octet-stream"}, image

    def answer(self, headers: HTTPMessage, body: bytes) -> list[Expected]:
        document = json.loads(body)
        if len(document["probabilities"]) != CLASSES:
            raise ValueError(f"{len(document['probabilities'])} probabilities instead of {CLASSES}")
        probabilities = np.array(document["probabilities"], np.float32)
        return [Expected(document["class"], document["probability"], probabilities)]


class TritonBinary:
    """The KServe v2 protocol with Triton's binary tensor data, the form that its own clients use.

    https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/extension_binary_data.html
    """

    path = "/v2/models/classifier/infer"
    _length = "Inference-Header-Content-Length"

    def request(self, image: bytes, /) -> tuple[dict[str, str], bytes]:
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

    def answer(self, headers: HTTPMessage, body: bytes) -> list[Expected]:
        end = int(headers[self._length])
        tensors: dict[str, bytes] = {}
        for output in json.loads(body[:end])["outputs"]:
            size = output["parameters"]["binary_data_size"]
            tensors[output["name"]] = body[end : end + size]
            end += size
        (label,) = struct.unpack("<q", tensors["classes"])
        probabilities = np.array(struct.unpack(f"<{CLASSES}f", tensors["probabilities"]), np.float32)
        return [Expected(label, float(probabilities.max()), probabilities)]


@dataclass(frozen=True)
class Json:
    """The rows under one key of the body; those of the answer under another, or, with None, the answer itself."""

    rows: str
    values: str | None = None
    path: str = "/score"

    def request(self, rows: Rows, /) -> tuple[dict[str, str], bytes]:
        return JSON_HEADERS, orjson.dumps({self.rows: rows}, option=orjson.OPT_SERIALIZE_NUMPY)

    def answer(self, headers: HTTPMessage, body: bytes) -> list[Expected]:
        document = json.loads(body)
        return _answers(document if self.values is None else document[self.values])


class V2Json:
    """The KServe v2 protocol (Open Inference Protocol) in JSON, a tensor's values as one flat list.

    https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
    """

    path = "/v2/models/tabular/infer"

    def request(self, rows: Rows, /) -> tuple[dict[str, str], bytes]:
        tensor = {"name": "features", "shape": rows.shape, "datatype": "FP32", "data": rows.ravel()}
        return JSON_HEADERS, orjson.dumps({"inputs": [tensor]}, option=orjson.OPT_SERIALIZE_NUMPY)

    def answer(self, headers: HTTPMessage, body: bytes) -> list[Expected]:
        (output,) = json.loads(body)["outputs"]
        return _answers(np.array(output["data"], np.float32).reshape(output["shape"]))


def _answers(values: Any) -> list[Expected]:
    found = np.array(values, np.float32)
    if found.ndim != 2 or found.shape[1] != VALUES:
        raise ValueError(f"an answer of shape {found.shape} instead of rows of {VALUES}")
    return expected(found)


OUR_WIRES: Mapping[Form, Wire[Any]] = {"jpeg": RawJpeg(), "json": Json("instances", "predictions")}


def http_request(wire: Wire[Any], host: str, sample: Any) -> bytes:
    """The bytes of a whole HTTP/1.1 request about `sample`."""
    headers, body = wire.request(sample)
    fields = {"Host": host, **headers, "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {wire.path} HTTP/1.1\r\n{head}\r\n".encode() + body
