"""The process that looks at a SavedModel for inspect(): files as its request and its answer."""

import os
import sys
import threading
from pathlib import Path

from steps.registration.contract.inspection import ANSWER, REQUEST, Request


def main(folder: str) -> None:
    """Answer what `folder` asks. The process ends with the one that asked, which its standard input's end tells."""
    request = Request.model_validate_json(Path(folder, REQUEST).read_bytes())
    threading.Thread(target=_end_with_asker, daemon=True).start()
    from steps.registration.contract.looking import look

    inspection = look(
        request.saved_model, request, request.labels, request.validation, data_checked=request.data_checked
    )
    draft = Path(folder, f"{ANSWER}.tmp")
    draft.write_text(inspection.model_dump_json(), encoding="utf-8")
    draft.replace(Path(folder, ANSWER))


def _end_with_asker() -> None:
    os.read(sys.stdin.fileno(), 1)  # past Python's buffer, whose lock would keep this process from ending
    os._exit(1)
