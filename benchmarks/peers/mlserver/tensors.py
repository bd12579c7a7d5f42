"""MLServer as in serve.py, with the V2 inference protocol in JSON, which is its own.

    python tensors.py SAVED_MODEL PORT

https://docs.seldon.ai/mlserver/user-guide/content-type: NumpyCodec reads and writes the tensors.
"""

import asyncio
import sys
from pathlib import Path

import uvloop
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

from benchmarks.peers.mlserver.serve import main
from benchmarks.peers.tabular import Tabular


class Runtime(MLModel):
    async def load(self) -> bool:
        self._model = Tabular(Path(self.settings.parameters.uri))
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        rows = NumpyCodec.decode_input(payload.inputs[0])
        output = NumpyCodec.encode_output("probabilities", await asyncio.to_thread(self._model.call, rows))
        return InferenceResponse(model_name=self.name, outputs=[output])


if __name__ == "__main__":
    uvloop.run(main("tabular", Runtime, sys.argv[1], int(sys.argv[2])))
