"""The process that looks at a SavedModel for inspect(): files as its request and its answer."""

import os
import sys
import threading
from pathlib import Path

from pydantic import BaseModel

from steps.registration.contract.child_process import ANSWER, REQUEST
from steps.registration.contract.inspection import Request


def main(folder: str) -> None:
    """Answer what `folder` asks. The process ends with the one that asked."""
    end_with_asker()
    request = Request.model_validate_json(Path(folder, REQUEST).read_bytes())
    from steps.registration.contract.looking import look

    inspection = look(
        request.saved_model, request, request.labels, request.validation, data_checked=request.data_checked
    )
    write_answer(folder, inspection)


def write_answer(folder: str, answer: BaseModel) -> None:
    """Whole or not at all."""
    draft = Path(folder, f"{ANSWER}.tmp")
    draft.write_text(answer.model_dump_json(), encoding="utf-8")
    draft.replace(Path(folder, ANSWER))


def end_with_asker() -> None:
    """From now on; its standard input's end tells that of the one that asked."""
    threading.Thread(target=_wait_and_end, daemon=True).start()


def _wait_and_end() -> None:
    os.read(sys.stdin.fileno(), 1)  # past Python's buffer, whose lock would keep this process from ending
    os._exit(1)
