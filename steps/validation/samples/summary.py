"""What lies in a folder of validation data, told without TensorFlow and before anything is uploaded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from config.errors import ModelError
from steps.validation.samples.classes import LONGEST_NUMBER
from steps.validation.samples.contents import Contents, contents_of
from steps.validation.samples.loading import Layout, layout_of, list_layout
from steps.validation.samples.sample import Listed
from steps.validation.samples.truths import SEPARATORS

DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
Labels = Literal["numbers", "names", "several", "values", "outputs"]


@dataclass(frozen=True)
class Summary:
    """Counts and kinds, as the folder itself says them."""

    layout: Layout
    count: int
    """Samples that are listed well."""
    labels: Labels
    """numbers: classes by index; names: by name; several: any number of labels a sample; values: numbers of a
    regression; outputs: reference outputs."""
    names: tuple[str, ...]
    """Names of the classes, sorted; empty where they have numbers, or there are none."""
    highest: int | None
    """The greatest class index; None where there is none."""
    problems: tuple[str, ...]
    """One line for each sample that is listed wrongly."""


def summary(data: Path | Contents) -> Summary:
    """What lies in the folder. ModelError when that is no validation data."""
    contents = contents_of(data)
    layout = layout_of(contents)
    listing = list_layout(contents, layout)
    if not listing.samples:
        raise ModelError("\n".join(listing.problems[:1]) or f"{contents.folder.name}: no sample in it")
    said = [one for sample in listing.samples for one in _each(sample)]
    numbers = [int(str(one)) for one in said if _is_index(one)]
    names = {one for one in said if isinstance(one, str) and not _is_index(one) and not _is_decimal(one)}
    return Summary(
        layout=layout,
        count=len(listing.samples),
        labels=_kind(listing.samples, names=bool(names or listing.folders)),
        names=tuple(listing.folders or sorted(names)),
        highest=None if listing.folders else max(numbers, default=None),
        problems=tuple(listing.problems),
    )


def _kind(samples: Sequence[Listed], *, names: bool) -> Labels:
    keys = {key for sample in samples for key in sample.said}
    if "outputs" in keys:
        return "outputs"
    if keys & {"value", "values"} or any(_is_decimal(one) for sample in samples for one in _each(sample)):
        return "values"
    if "labels" in keys or any(len(_each(sample)) != 1 for sample in samples):
        return "several"
    return "names" if names else "numbers"


def _each(sample: Listed) -> list[JsonValue]:
    """The labels of one sample; values and outputs are none."""
    ((key, value),) = sample.said.items()
    if key not in ("label", "labels"):
        return []
    if isinstance(value, str):
        return [part.strip() for part in SEPARATORS.split(value) if part.strip()]
    return list(value) if isinstance(value, list) else [value]


def _is_index(value: JsonValue) -> bool:
    if isinstance(value, str):
        return value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_decimal(value: JsonValue) -> bool:
    """A number that is no index: a label like 12.5 or -3."""
    if isinstance(value, str):
        return not _is_index(value) and DECIMAL.fullmatch(value) is not None
    return isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool) and value < 0)
