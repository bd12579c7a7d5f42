"""Serves a SavedModel in the form of TensorFlow Serving's REST API, which Azure's image for such models is.

https://www.tensorflow.org/tfx/serving/api_rest, "Predict API": `{"instances": […]}` is answered by
`{"predictions": […]}`, `{"inputs": …}` by `{"outputs": …}`; `signature_name` chooses another signature, and
`{"b64": TEXT}` stands for bytes.
"""

import base64
import json
import os
from pathlib import Path
from typing import Any

import tensorflow as tf
from azureml_inference_server_http.api.aml_request import AMLRequest, rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse

_model: Any = None


def init() -> None:
    global _model  # noqa: PLW0603 - init() has no other way to hand something to run()
    _model = tf.saved_model.load(str(_saved_model(Path(os.environ["AZUREML_MODEL_DIR"]))))
    print(f"serving the signatures {', '.join(_model.signatures)}", flush=True)


@rawhttp  # type: ignore[untyped-decorator]
def run(request: AMLRequest) -> AMLResponse:
    if request.method != "POST":
        return AMLResponse({"error": f"{request.method} is not POST"}, 405, json_str=True)
    try:
        return AMLResponse(_answer(json.loads(request.get_data(cache=False))), 200, json_str=True)
    except (ValueError, TypeError, RecursionError, tf.errors.InvalidArgumentError) as error:
        return AMLResponse({"error": str(error)}, 400, json_str=True)


def _answer(body: Any) -> dict[str, Any]:
    """Raises ValueError for a body of another form, or values that the signature does not take."""
    if not isinstance(body, dict) or ("instances" in body) is ("inputs" in body):
        raise ValueError('the body must be {"instances": […]} or {"inputs": …}')
    name = body.get("signature_name", "serving_default")
    if name not in _model.signatures:
        raise ValueError(f"the model has no signature {name!r}, it has {', '.join(_model.signatures)}")
    signature = _model.signatures[name]
    specs = signature.structured_input_signature[1]
    rows = "instances" in body
    values = _columns(body["instances"], specs) if rows else _named(body["inputs"], specs)
    if values.keys() != specs.keys():
        raise ValueError(f"the inputs must be {', '.join(specs)}, not {', '.join(values) or 'none'}")
    outputs = signature(**{key: tf.constant(_decoded(values[key]), specs[key].dtype) for key in specs})
    plain = {key: _encoded(key, output.numpy().tolist()) for key, output in outputs.items()}
    if not rows:
        return {"outputs": plain if len(plain) > 1 else next(iter(plain.values()))}
    return {"predictions": _rows(plain)}


def _columns(instances: Any, specs: Any) -> dict[str, Any]:
    """Rows to columns. A row is an object of inputs, or the value of the only one."""
    if not isinstance(instances, list) or not instances:
        raise ValueError('"instances" must be a list of at least one')
    if all(isinstance(one, dict) and one.keys() != {"b64"} for one in instances):
        return {key: [one[key] for one in instances if key in one] for key in instances[0]}
    return _named(instances, specs)


def _named(values: Any, specs: Any) -> dict[str, Any]:
    if isinstance(values, dict) and values.keys() != {"b64"}:
        return values
    if len(specs) != 1:
        raise ValueError(f"the model has several inputs, which must be named: {', '.join(specs)}")
    return dict.fromkeys(specs, values)


def _rows(outputs: dict[str, Any]) -> list[Any]:
    if any(not isinstance(output, list) for output in outputs.values()):
        raise ValueError('an output has no rows: send {"inputs": …}')
    if len(outputs) == 1:
        return list(next(iter(outputs.values())))
    return [dict(zip(outputs, row, strict=True)) for row in zip(*outputs.values(), strict=True)]


def _decoded(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"b64"}:
        return base64.b64decode(value["b64"], validate=True)
    return [_decoded(one) for one in value] if isinstance(value, list) else value


def _encoded(name: str, value: Any) -> Any:
    """Texts are UTF-8, save those of an output whose name ends with `_bytes`."""
    if isinstance(value, list):
        return [_encoded(name, one) for one in value]
    if not isinstance(value, bytes):
        return value
    return {"b64": base64.b64encode(value).decode()} if name.endswith("_bytes") else value.decode(errors="replace")


def _saved_model(folder: Path) -> Path:
    """The folder that holds it, which may have a version's number, as TensorFlow Serving wants it: the highest."""
    found = [file.parent for file in folder.rglob("saved_model.pb")]
    if not found:
        names = ", ".join(sorted(entry.name for entry in folder.iterdir()))
        raise RuntimeError(f"there is no SavedModel (saved_model.pb) in the model; it has: {names}")
    return max(found, key=lambda one: (int(one.name) if one.name.isdecimal() else -1, -len(one.parts)))
