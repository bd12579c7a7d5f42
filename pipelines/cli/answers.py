"""How answers about files are printed, by whoever they were given."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from config.errors import AmlGpuError
from pipelines.cli.printing import answer_console, print_json, print_rows

if TYPE_CHECKING:
    from pipelines.live.query import Answer, Unanswered

LONGEST_ANSWER = 200  # characters
SHOWN = ("class", "label", "classes", "labels", "value", "values", "unit")
"""Keys of an answer that fit into a row of a table."""


def print_told(told: "Sequence[Answer | Unanswered]", *, as_json: bool) -> None:
    """The answers; AmlGpuError that lists the files there is none about."""
    from pipelines.live.query import Answer, Unanswered

    console = answer_console()
    answers = [one for one in told if isinstance(one, Answer)]
    if as_json:
        print_json([asdict(one) for one in told], console)
    elif answers:
        print_rows([row(answer) for answer in answers], console)
    if refused := [f"{one.file}: {one.error}" for one in told if isinstance(one, Unanswered)]:
        count = f"{len(refused)} of {len(told)} files weren't answered:\n  " if len(told) > 1 else ""
        raise AmlGpuError(count + "\n  ".join(refused))


def row(answer: "Answer") -> dict[str, object]:
    return {"file": answer.file, **_said(answer.body), "model": answer.model, "device": answer.device}


def _said(body: object) -> dict[str, object]:
    """What fits into a row of a table: the answer's own words, without its vectors."""
    if not isinstance(body, dict) or not body.keys() & {"class", "classes", "value", "values"}:
        said = json.dumps(body, ensure_ascii=False)
        return {"answer": said if len(said) <= LONGEST_ANSWER else f"{said[:LONGEST_ANSWER]} … (--json: all of it)"}
    probability = {"probability": f"{body['probability']:.4f}"} if "probability" in body else {}
    return {key: body[key] for key in SHOWN if key in body} | probability
