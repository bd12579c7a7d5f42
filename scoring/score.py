"""Entry script of the service: HTTP on one side, the classifier on the other.

POST an image's bytes to /score; the answer is JSON, errors are `{"error": {"code": ..., "message": ...}}`. The headers
`amlgpu-model` and `amlgpu-device` say which model version answered and where it ran. Without a server:

    python scoring/score.py IMAGE [--model DIR]
"""

import argparse
import logging
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import orjson

if __name__ == "__main__":  # started as a file: Python put this folder on the path, the package lies in the one above
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it when imported

from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse

from scoring.classifier import Classifier
from scoring.errors import ImageError, ScoringError, StartupError
from scoring.images import check_image, read_body
from scoring.settings import ServiceSettings, read_settings

logger = logging.getLogger("azmlinfsrv.score")


@dataclass(frozen=True)
class Service:
    """What init() hands to run()."""

    classifier: Classifier
    settings: ServiceSettings
    headers: dict[str, str]


service: Service


def init() -> None:
    """Make the service ready; the inference server answers no request, not even its health probe, before this ends."""
    global service  # noqa: PLW0603 -- the server knows an entry script by two functions, nothing else carries state
    started = time.monotonic()
    settings = read_settings(os.environ)
    folder = _model_folder()
    classifier = Classifier(folder / "model", require_gpu=settings.require_gpu)
    model = f"{folder.parent.name}:{folder.name}"
    service = Service(classifier, settings, {"amlgpu-model": model, "amlgpu-device": classifier.device})
    logger.info("%s is ready on %s after %.1f s", model, classifier.device, time.monotonic() - started)


@rawhttp  # type: ignore[untyped-decorator]  # the SDK has no types
def run(request: AMLRequest) -> AMLResponse:
    """Answer one request. The server lets GET, HEAD, OPTIONS and POST through and refuses the other methods itself."""
    if request.method != "POST":
        return _error(405, "MethodNotAllowed", "POST the bytes of a JPEG or PNG image.", {"Allow": "POST"})
    try:
        image = read_body(request.stream, service.settings.max_body_bytes)
        check_image(image, service.settings.max_pixels)
        (answer,) = service.classifier.predict([image])
    except ImageError as error:
        return _error(error.status, error.code, str(error))
    return _respond(200, answer.to_json())


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> AMLResponse:
    return _respond(status, orjson.dumps({"error": {"code": code, "message": message}}), headers)


def _respond(status: int, body: bytes, headers: dict[str, str] | None = None) -> AMLResponse:
    return AMLResponse(body, status, {"Content-Type": "application/json", **service.headers, **(headers or {})})


def _model_folder() -> Path:
    """The registered version's folder `.../<name>/<version>`, which holds `model/`."""
    folder = os.environ.get("AZUREML_MODEL_DIR")
    if not folder:
        raise StartupError("AZUREML_MODEL_DIR isn't set: it must be the registered version's folder, which has model/.")
    return Path(folder).absolute()


def main() -> int:
    """Score one file on this machine and print the answer."""
    parser = argparse.ArgumentParser(description="Score one image on this machine.")
    parser.add_argument("image", type=Path, help="a JPEG or PNG file")
    parser.add_argument("--model", type=Path, default=Path("sample/model"), help="a SavedModel (default: %(default)s)")
    arguments = parser.parse_args()
    try:
        settings = read_settings(os.environ)
        image = arguments.image.read_bytes()
        check_image(image, settings.max_pixels)
        (answer,) = Classifier(arguments.model, require_gpu=settings.require_gpu).predict([image])
    except (ScoringError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(answer.to_json().decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
