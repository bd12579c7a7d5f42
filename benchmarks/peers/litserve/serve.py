"""LitServe with its dynamic batching.

    python serve.py SAVED_MODEL PORT

https://lightning.ai/docs/litserve/features/batching: max_batch_size and batch_timeout. The timeout is 0 (its default:
take what waits; 2 ms gained nothing). One worker, since the processor is one device. fast_queue (ZeroMQ) is what its
LitServer reference advises above 100 requests a second.
"""

import sys
from pathlib import Path
from typing import Annotated

import litserve
from fastapi import Body, Response

from benchmarks.peers.classifier import Classifier

MAX_BATCH = 32
BATCH_TIMEOUT = 0.0  # seconds


class Api(litserve.LitAPI):
    def __init__(self, saved_model: Path) -> None:
        super().__init__(max_batch_size=MAX_BATCH, batch_timeout=BATCH_TIMEOUT, api_path="/score")
        self._saved_model = saved_model

    def setup(self, device: str) -> None:
        self._classifier = Classifier(self._saved_model)

    # The annotations are FastAPI's: the body as it is, instead of LitServe's JSON.
    def decode_request(self, request: Annotated[bytes, Body(media_type="application/octet-stream")]) -> bytes:
        return request

    def batch(self, inputs: list[bytes]) -> list[bytes]:
        return list(inputs)

    def predict(self, batch: list[bytes]) -> list[bytes]:
        return self._classifier.predict(batch)

    def unbatch(self, output: list[bytes]) -> list[bytes]:
        return output

    def encode_response(self, output: bytes) -> Response:
        return Response(output, media_type="application/json")


def run(api: litserve.LitAPI, port: int) -> None:
    server = litserve.LitServer(api, accelerator="cpu", devices=1, workers_per_device=1, fast_queue=True)
    server.run(host="127.0.0.1", port=port, generate_client_file=False, log_level="warning", access_log=False)


if __name__ == "__main__":
    run(Api(Path(sys.argv[1])), int(sys.argv[2]))
