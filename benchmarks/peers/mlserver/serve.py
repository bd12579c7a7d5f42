"""MLServer with its adaptive batching and a custom runtime.

    python serve.py SAVED_MODEL PORT

https://docs.seldon.ai/mlserver/user-guide/adaptive-batching: max_batch_size and max_batch_time.
https://docs.seldon.ai/mlserver/user-guide/parallel-inference: with one model, the pool of worker processes only adds
a hop, so parallel_workers is 0 and the model runs in a thread.
https://docs.seldon.ai/mlserver/user-guide/custom: the runtime's own endpoint takes the JPEG as it is, which saves the
base64 of the v2 protocol's JSON; it goes through the same batcher.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

import uvloop
from fastapi import Request, Response
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.context import model_context
from mlserver.handlers import custom_handler
from mlserver.settings import ModelParameters
from mlserver.types import InferenceRequest, InferenceResponse, RequestInput, ResponseOutput

from benchmarks.peers.classifier import Classifier

MAX_BATCH = 32
MAX_BATCH_TIME = 0.002  # seconds, always waited in full; 1 to 5 ms tried, shorter ones make smaller batches


class Runtime(MLModel):
    async def load(self) -> bool:
        self._classifier = Classifier(Path(self.settings.parameters.uri))
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        answers = await asyncio.to_thread(self._classifier.predict, payload.inputs[0].data.root)
        output = ResponseOutput(name="answers", shape=[len(answers), 1], datatype="BYTES", data=answers)
        return InferenceResponse(model_name=self.name, outputs=[output])

    @custom_handler(rest_path="/score")
    async def score(self, request: Request) -> Response:
        jpegs = RequestInput(name="jpegs", shape=[1, 1], datatype="BYTES", data=[await request.body()])
        with model_context(self.settings):  # the batcher's metrics ask for it
            response = await self.predict(InferenceRequest(inputs=[jpegs]))
        return Response(response.outputs[0].data.root[0], media_type="application/json")


async def main(name: str, runtime: type[MLModel], saved_model: str, port: int) -> None:
    settings = Settings(
        debug=False,
        host="127.0.0.1",
        http_port=port,
        grpc_port=0,
        metrics_endpoint=None,
        parallel_workers=0,
        metrics_dir=tempfile.mkdtemp(),
    )
    model = ModelSettings(
        name=name,
        implementation=runtime,
        max_batch_size=MAX_BATCH,
        max_batch_time=MAX_BATCH_TIME,
        parameters=ModelParameters(uri=saved_model),
    )
    await MLServer(settings).start([model])


if __name__ == "__main__":
    uvloop.run(main("classifier", Runtime, sys.argv[1], int(sys.argv[2])))
