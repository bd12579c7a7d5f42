"""The process that tries settings on a SavedModel for explore_apart()."""

from pathlib import Path

from steps.registration.contract.child import end_with_asker, write_answer
from steps.registration.contract.child_process import REQUEST
from steps.registration.contract.exploration.exploration import Request


def main(folder: str) -> None:
    """Answer what `folder` asks. The process ends with the one that asked."""
    end_with_asker()
    request = Request.model_validate_json(Path(folder, REQUEST).read_bytes())
    from steps.registration.contract.exploration.exploring import explore

    write_answer(folder, explore(request.saved_model, request.labels, request.validation))
