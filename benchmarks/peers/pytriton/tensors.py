"""PyTriton as in serve.py, with the V2 inference protocol in JSON.

    python tensors.py SAVED_MODEL PORT

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
"""

import sys
from pathlib import Path

import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import Tensor

from benchmarks.peers.pytriton.serve import prepare, serve
from benchmarks.peers.tabular import Tabular

FEATURES, VALUES = 256, 16
MAX_ROWS = 1024  # it counts rows, of which a request may have 32


def main(saved_model: Path, port: int) -> None:
    model = Tabular(saved_model)

    @batch
    def infer(features: np.ndarray) -> dict[str, np.ndarray]:
        return {"probabilities": model.call(features)}

    features = Tensor(name="features", dtype=np.float32, shape=(FEATURES,))
    probabilities = Tensor(name="probabilities", dtype=np.float32, shape=(VALUES,))
    serve("tabular", infer, [features], [probabilities], MAX_ROWS, port)


if __name__ == "__main__":
    prepare()
    main(Path(sys.argv[1]), int(sys.argv[2]))
