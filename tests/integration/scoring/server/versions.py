"""Registered versions of tiny models, for servers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

from scoring.contract import PROBE_FILE, Contract, write_contract


def write_version(folder: Path, contract: Contract, function: Callable[..., dict[str, Any]], probe: bytes) -> Path:
    """Version 1 of a model "tiny" in `folder`: `function` takes the contract's inputs by position."""
    version = folder / "tiny" / "1"
    specs = [tf.TensorSpec(tensor.shape, tensor.dtype, name=tensor.name) for tensor in contract.input.tensors]
    module = tf.Module()
    module.serve = tf.function(function, input_signature=specs)
    tf.saved_model.save(module, str(version / "model"), signatures={contract.signature: module.serve})
    write_contract(contract, version)
    (version / PROBE_FILE).write_bytes(probe)
    return version
