"""The entry script of the contract's services: says which model it has, and what else it was given.

A model that is "broken" fails to load; one that "waits for FILE" loads when that file is there.
"""

import os
import time
from pathlib import Path

MODEL = ""


def init() -> None:
    global MODEL  # noqa: PLW0603 - init() has no other way to hand something to run()
    MODEL = Path(os.environ["AZUREML_MODEL_DIR"], "model", "content.txt").read_text()
    print(f"init with {MODEL}", flush=True)
    if MODEL == "broken":
        raise RuntimeError("the weights are broken")
    if MODEL.startswith("waits for "):
        while not Path(MODEL.removeprefix("waits for ")).exists():
            time.sleep(0.05)


def run(_body: str) -> dict[str, object]:
    return {"model": MODEL, "greeting": os.environ.get("ECHO_GREETING"), "pid": os.getpid()}
