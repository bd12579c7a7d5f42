"""The entry script of the browser tests' service: names for an image, a number for each row of JSON, 400 for the rest.

It describes itself: the inference server reads such a file when init() has ended.
"""

import json
import os
from pathlib import Path

from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse

IMAGE = {
    "class": 1,
    "label": "<i>seven</i>",
    "probability": 0.75,
    "top": [
        {"class": 1, "label": "<i>seven</i>", "probability": 0.75},
        {"class": 0, "label": "one", "probability": 0.25},
    ],
}


NAMED = {"class": 1, "label": "<i>seven</i>", "probability": 0.75, "probabilities": [0.25, 0.75]}
"""Names the likeliest class alone: the description has all of them."""
LABEL = {"type": "string", "enum": ["one", "<i>seven</i>"]}
ANSWER = {"type": "object", "properties": {"class": {"type": "integer"}, "label": LABEL, "probabilities": {}}}
BODY = {"content": {"application/json": {"example": {"instances": [[1.5, 2], [40, 2]]}}}}
ANSWERS = {"200": {"description": "", "content": {"application/json": {"schema": ANSWER}}}}
DESCRIPTION = {"openapi": "3.0.0", "paths": {"/score": {"post": {"requestBody": BODY, "responses": ANSWERS}}}}


def init() -> None:
    Path(os.environ["AML_APP_ROOT"], "swagger3.json").write_text(json.dumps(DESCRIPTION))
    print("ready <b>", flush=True)


@rawhttp  # type: ignore[untyped-decorator]
def run(request: AMLRequest) -> AMLResponse:
    body = request.get_data(cache=False)
    if body.startswith(b"\x89PNG"):
        return AMLResponse(IMAGE, 200, {"served-by": "digits:1"}, json_str=True)
    try:
        rows = json.loads(body)["instances"]
    except (ValueError, KeyError, TypeError):
        return AMLResponse({"error": "neither an image nor rows"}, 400, json_str=True)
    if rows == ["seven"]:
        return AMLResponse({"predictions": [NAMED]}, 200, json_str=True)
    return AMLResponse({"predictions": [{"value": sum(row), "unit": "kg"} for row in rows]}, 200, json_str=True)
