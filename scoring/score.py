"""Entry script of the service: HTTP on one side, the service on the other.

POST an image's bytes, or JSON, to /score; the answer is JSON, errors are `{"error": {"code": ..., "message": ...}}`.
The headers `amlgpu-model` and `amlgpu-device` say which model version answered and where it ran, and
`amlgpu-version-hash` that it is the one that was validated. Without a server:

    python scoring/score.py FILE [--model DIR]

Any worker class of the inference server can run it. Under scoring/worker.py, run() sees only what isn't a plain POST.
"""

import argparse
import os
import sys
from pathlib import Path

if __name__ == "__main__":  # started as a file: Python put this folder on the path, the package lies in the one above
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it when imported
    import azureml_inference_server_http.server  # noqa: F401  # brings azureml.contrib, also without SDK v1

from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse

from scoring.hashing.version_hash import begin

if __name__ != "__main__":
    begin(os.environ)  # reads the version while the next line imports TensorFlow

import scoring.model.lean_tensorflow  # noqa: F401  # before anything imports TensorFlow
from scoring import service
from scoring.errors import RequestError, ScoringError
from scoring.service import Reply
from scoring.settings import read_settings
from scoring.web.body import read_body
from scoring.web.methods import refuse_methods
from scoring.web.openapi.page import documents, serve

PREFLIGHT = "Access-Control-Request-Method"


def init() -> None:
    """Make the service ready; the inference server answers no request, not even its health probe, before this ends."""
    from azureml_inference_server_http.server.routes import main_blueprint  # which is made anew before init() is called

    ready = service.start()
    serve(main_blueprint, documents(ready.contract, ready.settings, os.environ))
    refuse_methods(main_blueprint, ready.wrong_method)


@rawhttp  # type: ignore[untyped-decorator]  # the SDK has no types
def run(request: AMLRequest) -> AMLResponse:
    """Answer one request. The server lets GET, HEAD, OPTIONS and POST through and refuses the other methods itself."""
    reply = _reply(request)
    return AMLResponse(reply.body, reply.status, dict(reply.headers))


def _reply(request: AMLRequest) -> Reply:
    running = service.running()
    if request.method == "OPTIONS" and PREFLIGHT in request.headers and os.environ.get("AML_CORS_ORIGINS"):
        return Reply(200, b"")  # a browser asks before it posts; the server adds what CORS wants
    if request.method != "POST":
        return running.wrong_method()
    try:
        body = read_body(request.stream, running.settings.max_body_bytes, running.reader.too_large)
    except RequestError as error:
        return running.refusal(error)
    return running.answer(body)


def main() -> int:
    """Score one file on this machine and print the answer."""
    from scoring.scorer import open_scorer

    parser = argparse.ArgumentParser(description="Answer one request on this machine.")
    parser.add_argument("file", type=Path, help="the body of a request: a JPEG or PNG file, or JSON")
    parser.add_argument(
        "--model",
        type=Path,
        default=Path("sample/model"),
        help="a SavedModel, or a registered version's folder (default: %(default)s)",
    )
    arguments = parser.parse_args()
    try:
        settings = read_settings(os.environ)
        body = arguments.file.read_bytes()
        scorer = open_scorer(arguments.model, settings)
        scorer.reader.check(body)
        (answer,) = scorer.predict([body])
    except (ScoringError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(answer.to_json().decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
