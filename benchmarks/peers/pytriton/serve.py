"""PyTriton: Triton Inference Server, which its wheel brings, with Triton's dynamic batcher.

    python serve.py SAVED_MODEL PORT

https://triton-inference-server.github.io/pytriton/latest/binding_configuration: max_batch_size and the batcher, whose
default is not to delay. A second instance of the function lets decoding and network of two batches overlap:
https://triton-inference-server.github.io/pytriton/latest/binding_models/#multi-instance-model-inference
"""

import logging
import os
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

from benchmarks.peers.classifier import Classifier

MAX_BATCH = 32
INSTANCES = 2


def main(saved_model: Path, port: int) -> None:
    classifier = Classifier(saved_model)

    @batch
    def infer(jpegs: np.ndarray) -> dict[str, np.ndarray]:
        classes, probabilities = classifier.call(jpegs[:, 0].tolist())
        return {"classes": classes[:, np.newaxis], "probabilities": probabilities}

    jpegs = Tensor(name="jpegs", dtype=bytes, shape=(1,))
    classes = Tensor(name="classes", dtype=np.int64, shape=(1,))
    probabilities = Tensor(name="probabilities", dtype=np.float32, shape=(-1,))
    serve("classifier", infer, [jpegs], [classes, probabilities], MAX_BATCH, port)


def serve(
    name: str, infer: Callable[..., Any], inputs: list[Tensor], outputs: list[Tensor], max_batch: int, port: int
) -> None:
    config = TritonConfig(http_address="127.0.0.1", http_port=port, allow_grpc=False, allow_metrics=False)
    with Triton(config=config) as triton:
        triton.bind(
            model_name=name,
            infer_func=[infer] * INSTANCES,
            inputs=inputs,
            outputs=outputs,
            config=ModelConfig(max_batch_size=max_batch, batcher=DynamicBatcher(max_queue_delay_microseconds=0)),
        )
        triton.serve()


def prepare() -> None:
    # Triton's processes load libpython: this interpreter's own, not another of the same minor version.
    os.environ["LD_LIBRARY_PATH"] = f"{sysconfig.get_config_var('LIBDIR')}:{os.environ.get('LD_LIBRARY_PATH', '')}"
    logging.basicConfig(level=logging.WARNING)


if __name__ == "__main__":
    prepare()
    main(Path(sys.argv[1]), int(sys.argv[2]))
