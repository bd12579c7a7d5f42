"""The process that answers for predict(): it has TensorFlow, and the service's settings as its environment."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from config.errors import AmlGpuError, ModelError
from pipelines.prediction.bodies import body_of_file
from pipelines.prediction.request import Replies, Reply, Request
from scoring.errors import RequestError
from steps.querying.client import answer_of
from steps.registration.contract.child import end_with_asker, write_answer
from steps.registration.contract.child_process import REQUEST

if TYPE_CHECKING:
    from scoring.scorer import Scorer


def main(folder: str) -> None:
    """Answer what `folder` asks. The process ends with the one that asked."""
    end_with_asker()
    write_answer(folder, answer(Request.model_validate_json(Path(folder, REQUEST).read_bytes())))


def answer(request: Request) -> Replies:
    """As the service would, file by file."""
    import scoring.model.lean_tensorflow  # noqa: F401  # before TensorFlow
    from scoring.errors import StartupError

    try:
        scorer = _open(request)
    except ModelError as error:
        return Replies(refusal=str(error))
    except StartupError as error:
        return Replies(refusal=f"{request.called}: the service wouldn't start with it: {error}")
    replies = [_reply(scorer, file, request.longest) for file in request.files]
    return Replies(replies=tuple(replies), device=scorer.device)


def _open(request: Request) -> "Scorer":
    from scoring.scorer import Scorer, open_scorer
    from scoring.settings import read_settings
    from steps.registration.contract.looking import look

    settings = read_settings(os.environ)
    if request.wishes is None:
        return open_scorer(request.folder, settings)
    found = look(request.folder, request.wishes, request.wishes.labels)
    if found.contract is None:
        raise found.refusal(Path(request.called))
    return Scorer(request.folder, found.contract, settings)


def _reply(scorer: "Scorer", file: str, longest: int) -> Reply:
    try:
        body = body_of_file(file, longest)
        scorer.reader.check(body)
        (found,) = scorer.predict([body])
    except AmlGpuError as error:
        return Reply(file=file, error=str(error).removeprefix(f"{file}: "))
    except RequestError as error:
        return Reply(file=file, error=f"{error.status} {error.code}: {error}")
    return Reply(file=file, body=answer_of(json.loads(found.to_json())))
