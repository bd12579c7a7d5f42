"""How people read truths and answers: classes by their names, numbers with their unit, everything of bounded length."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from config.errors import ModelError
from scoring.contract import Contract, TaskKind
from steps.validation.samples.contents import Contents
from steps.validation.samples.loading import layout_of
from steps.validation.samples.truths import classes_of

LONGEST = 200  # characters
LONGEST_NAME = 60  # characters
DIGITS = 6
"""Of a number within JSON, which is shown in full otherwise: 45.333333333333336."""
NO_ANSWER = "no answer"


@dataclass(frozen=True)
class Wording:
    """Words for the values of one task."""

    kind: TaskKind = "classification"
    names: Sequence[str] = ()
    """Of the classes, in their order; empty: they have numbers."""
    unit: str | None = None

    def of(self, value: JsonValue, probabilities: Sequence[float] = ()) -> str:
        """A truth or an answer, None being no answer; of several classes each with its probability, if there are."""
        if value is None:
            return NO_ANSWER
        if self.kind == "multilabel" and isinstance(value, list):
            said = [self._class(one) for one in value]
            if len(probabilities) == len(said):
                said = [f"{name} {share:.2f}" for name, share in zip(said, probabilities, strict=True)]
            return shortened(", ".join(said) or "none")
        if self.kind == "regression":
            return shortened(self.number(value))
        return shortened(compact(value)) if self.kind == "tensors" else self._class(value)

    def number(self, value: JsonValue, sign: str = "") -> str:
        """One number or several, with the unit."""
        each = value if isinstance(value, list) else [value]
        shown = ", ".join(f"{one:{sign}.4g}" if isinstance(one, int | float) else str(one) for one in each)
        return f"{shown} {self.unit}" if self.unit else shown

    def _class(self, value: JsonValue) -> str:
        named = isinstance(value, int) and 0 <= value < len(self.names)
        return shortened(self.names[value] if named and isinstance(value, int) else str(value), LONGEST_NAME)


def wording_of(contract: Contract | None, contents: Contents) -> Wording:
    """Words for a model of this contract; where it names no classes, the folders of the validation data may."""
    if contract is None:
        return Wording(names=_names_of_folders(contents, None))
    task = contract.task
    return Wording(task.kind, task.labels or _names_of_folders(contents, contract), task.unit)


def _names_of_folders(contents: Contents, contract: Contract | None) -> Sequence[str]:
    try:
        names = contents.classes if layout_of(contents) == "class folders" else ()
    except ModelError:
        return ()
    count = classes_of(contract.task if contract else None).count
    return names if count in (None, len(names)) else ()


def compact(value: JsonValue) -> str:
    """A value as JSON, a text as itself."""
    return value if isinstance(value, str) else json.dumps(_rounded(value), ensure_ascii=False)


def _rounded(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def shortened(text: str, longest: int = LONGEST) -> str:
    """On one line, its end cut off where it is longer than ``longest`` characters."""
    line = " ".join(text[: 2 * longest].split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
