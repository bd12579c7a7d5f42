"""The entry script of the test services: answers what it was asked, by which process, with which model.

A model that is "broken" fails to load; "only-once FILE" loads if there is no such file, and makes it.
"""

import os
import time
from pathlib import Path

from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse

MODEL = ""


def init() -> None:
    global MODEL  # noqa: PLW0603 - init() has no other way to hand something to run()
    MODEL = Path(os.environ["AZUREML_MODEL_DIR"], "model", "content.txt").read_text()
    print(f"init with {MODEL}", flush=True)
    if MODEL == "broken":
        raise RuntimeError("the weights are broken")
    if MODEL.startswith("only-once "):
        try:
            Path(MODEL.removeprefix("only-once ")).touch(exist_ok=False)
        except FileExistsError:
            raise RuntimeError("started once already") from None


@rawhttp  # type: ignore[untyped-decorator]
def run(request: AMLRequest) -> AMLResponse:
    time.sleep(float(request.args.get("sleep", 0)))
    answer = {"pid": os.getpid(), "model": MODEL, "bytes": len(request.get_data(cache=False)), "method": request.method}
    answer |= {"greeting": os.environ["ECHO_GREETING"], "gpus": os.environ.get("CUDA_VISIBLE_DEVICES")}
    answer |= {"authorization": request.headers.get("Authorization"), "padding": "x" * int(request.args.get("pad", 0))}
    answer |= {"protocol": request.environ["SERVER_PROTOCOL"]}
    response = AMLResponse(answer, int(request.args.get("status", 200)), json_str=True)
    response.headers["Echo-Model-Dir"] = os.environ["AZUREML_MODEL_DIR"]
    return response
