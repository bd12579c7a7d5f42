"""Serves a scikit-learn model: `{"data": [[…]], "method": "predict"}` is answered by `{"predict": […]}`.

Without a method a model that has probabilities answers them, as Azure documents it
(https://learn.microsoft.com/azure/machine-learning/v1/how-to-deploy-no-code-deployment); that the answer is named after
the method is from programs that printed it.
"""

import json
import os
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from azureml_inference_server_http.api.aml_request import AMLRequest, rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse

_SUFFIXES = (".pkl", ".pickle", ".joblib", ".sav")
_METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform")
_model: Any = None


def init() -> None:
    global _model  # noqa: PLW0603 - init() has no other way to hand something to run()
    _model = joblib.load(_model_file(Path(os.environ["AZUREML_MODEL_DIR"])))
    print(f"serving {type(_model).__name__}", flush=True)


@rawhttp  # type: ignore[untyped-decorator]
def run(request: AMLRequest) -> AMLResponse:
    if request.method != "POST":
        return AMLResponse({"error": f"{request.method} is not POST"}, 405, json_str=True)
    try:
        return AMLResponse(_answer(json.loads(request.get_data(cache=False))), 200, json_str=True)
    except (ValueError, TypeError, RecursionError) as error:
        return AMLResponse({"error": str(error)}, 400, json_str=True)


def _answer(body: Any) -> dict[str, Any]:
    """Raises ValueError for a body of another form, or data that the model does not take."""
    if not isinstance(body, dict) or "data" not in body:
        raise ValueError('the body must be {"data": [[…], …]}, with "method" where it is another one than usual')
    method = body.get("method") or ("predict_proba" if hasattr(_model, "predict_proba") else "predict")
    if method not in _METHODS or not hasattr(_model, method):
        raise ValueError(f"{type(_model).__name__} has no method {method!r} of {', '.join(_METHODS)}")
    return {method: np.asarray(getattr(_model, method)(np.asarray(body["data"]))).tolist()}


def _model_file(folder: Path) -> Path:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    found = files if len(files) == 1 else [file for file in files if file.suffix in _SUFFIXES]
    if len(found) != 1:
        names = ", ".join(str(file.relative_to(folder)) for file in files[:20])
        raise RuntimeError(f"the model must be one file of {', '.join(_SUFFIXES)}; it has: {names}")
    return found[0]
