"""The score.py of Azure ML's documentation, for TensorFlow: one request a call, one call after the other.

https://learn.microsoft.com/azure/machine-learning/v1/how-to-deploy-and-where, "Define an entry script": the rows under
"data", a list as the answer.
"""

import json
import os
from typing import Any

import numpy as np
import tensorflow as tf

loaded: tf.Module
signature: tf.types.experimental.ConcreteFunction


def init() -> None:
    global loaded, signature  # noqa: PLW0603 -- the server knows an entry script by two functions
    loaded = tf.saved_model.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model"))  # noqa: PTH118
    signature = loaded.signatures["serving_default"]


def run(raw_data: str) -> Any:
    data = np.array(json.loads(raw_data)["data"], np.float32)
    return signature(features=tf.constant(data))["probabilities"].numpy().tolist()
