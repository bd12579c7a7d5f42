"""The sample's score.py, ported to TensorFlow 2 and otherwise as it was: one image a call, one call after the other."""

import os

import tensorflow as tf
import ujson
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse

loaded: tf.Module
signature: tf.types.experimental.ConcreteFunction


def init() -> None:
    global loaded, signature  # noqa: PLW0603 -- the server knows an entry script by two functions
    loaded = tf.saved_model.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model"))  # noqa: PTH118
    signature = loaded.signatures["serving_default"]


@rawhttp  # type: ignore[untyped-decorator]  # the SDK has no types
def run(request: AMLRequest) -> AMLResponse:
    if request.method != "POST":
        return AMLResponse("bad request", 405)
    outputs = signature(jpegs=tf.constant([request.get_data(False)]))
    probabilities = outputs["probabilities"].numpy()[0]
    answer = {
        "class": int(outputs["classes"].numpy()[0]),
        "probability": float(probabilities.max()),
        "probabilities": probabilities.tolist(),
    }
    return AMLResponse(ujson.dumps(answer), 200)
