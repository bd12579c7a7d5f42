"""LitServe as in serve.py, with its JSON form: {"input": [[...]]}, answered {"output": [[...]]}.

    python tensors.py SAVED_MODEL PORT

https://lightning.ai/docs/litserve/features/request-response-format
"""

import sys
from pathlib import Path
from typing import Any

import litserve
import numpy as np
import orjson
from fastapi import Response

from benchmarks.peers.litserve.serve import BATCH_TIMEOUT, MAX_BATCH, run
from benchmarks.peers.tabular import Rows, Tabular


class Api(litserve.LitAPI):
    def __init__(self, saved_model: Path) -> None:
        super().__init__(max_batch_size=MAX_BATCH, batch_timeout=BATCH_TIMEOUT, api_path="/score")
        self._saved_model = saved_model

    def setup(self, device: str) -> None:
        self._model = Tabular(self._saved_model)

    def decode_request(self, request: dict[str, Any]) -> Rows:
        return np.array(request["input"], np.float32)

    def batch(self, inputs: list[Rows]) -> list[Rows]:
        return list(inputs)

    def predict(self, batch: list[Rows]) -> list[Rows]:
        return self._model.predict(batch)

    def unbatch(self, output: list[Rows]) -> list[Rows]:
        return output

    def encode_response(self, output: Rows) -> Response:
        answer = orjson.dumps({"output": output}, option=orjson.OPT_SERIALIZE_NUMPY)
        return Response(answer, media_type="application/json")


if __name__ == "__main__":
    run(Api(Path(sys.argv[1])), int(sys.argv[2]))
