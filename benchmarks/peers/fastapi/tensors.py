"""FastAPI as in serve.py, with JSON read by a pydantic model: {"data": [[...]]}, answered {"predictions": [[...]]}.

    python tensors.py SAVED_MODEL PORT

https://fastapi.tiangolo.com/tutorial/body/
"""

import sys
from pathlib import Path

import numpy as np
import orjson
from fastapi import Response
from pydantic import BaseModel

from benchmarks.peers.fastapi.serve import Batcher, application, run
from benchmarks.peers.tabular import Tabular


class Body(BaseModel):
    data: list[list[float]]


def main(saved_model: Path, port: int) -> None:
    batcher = Batcher(Tabular(saved_model).predict)
    app = application(batcher)

    @app.post("/score")
    async def score(body: Body) -> Response:
        answer = {"predictions": await batcher.predict(np.array(body.data, np.float32))}
        return Response(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")

    run(app, port)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
