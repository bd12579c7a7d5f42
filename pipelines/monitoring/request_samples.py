"""Samples of requests, as scoring/monitoring/sampling.py writes them, read back from files or from a service's log."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from config.errors import ConfigError

PATTERN = "*.jsonl*"
"""The files of a folder: rotated ones have a number after their suffix."""
HASHES = ("image_sha256", "body_sha256")
"""Keys of which every sample has one."""
MOST_NOTED = 20
"""Labels or values that the service notes of one answer."""


@dataclass(frozen=True)
class Noted:
    """What a sample keeps of its answer, by the task that gave it."""

    label: int | str | None
    """The answered class, or all labels of a multilabel task as one; None where the task has no classes."""
    index: int | None = None
    """Place of the greatest probability, where there is one class."""
    probability: float | None = None
    values: tuple[float, ...] = ()
    """Of a regression."""
    several: bool = False
    """Whether the label stands for any number of them."""


@dataclass(frozen=True)
class Sample:
    """One answered request."""

    time: datetime
    sha256: str
    """Of the image, or of the body of a request of JSON."""
    noted: Noted
    model: str
    """``name:version``."""

    @property
    def class_index(self) -> int | str | None:
        """What validation keeps of an answer: the class where that is a number, else the place in the vector."""
        label, index = self.noted.label, self.noted.index
        return label if isinstance(label, int) or index is None else index


def joined(labels: Iterable[object]) -> str:
    """All labels of one answer as one, as many as are noted."""
    return "|".join(str(label) for label in list(labels)[:MOST_NOTED]) or "none"


def read_samples(paths: Sequence[Path]) -> list[Sample]:
    """The samples in files of any kind of log, and in the sample files of folders. ConfigError without a file."""
    files = [file for path in paths for file in (sorted(path.glob(PATTERN)) if path.is_dir() else [path])]
    if not files:
        raise ConfigError(f"{', '.join(map(str, paths))}: no file {PATTERN} in it: is monitoring.share above 0?")
    return [sample for file in files for sample in _of_file(file)]


def _of_file(file: Path) -> Iterator[Sample]:
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            yield from parse_samples(lines)
    except OSError as error:
        raise ConfigError(f"{file}: can't be read: {error.strerror}") from None


def parse_samples(lines: Iterable[str]) -> Iterator[Sample]:
    """The samples among ``lines``, whatever stands before them on their line; all other lines are passed over."""
    for line in lines:
        start = line.find("{")
        sample = _parse(line[start:]) if start >= 0 and any(name in line for name in HASHES) else None
        if sample is not None:
            yield sample


def _parse(text: str) -> Sample | None:
    """None for what only looks like a sample, or is torn: a process may end in the middle of a line."""
    try:
        value = json.loads(text)
        sha256 = next(str(value[name]) for name in HASHES if name in value)
        return Sample(_aware(datetime.fromisoformat(value["time"])), sha256, _noted(value), str(value["model"]))
    except (ValueError, KeyError, TypeError, StopIteration):
        return None


def _noted(value: Mapping[str, Any]) -> Noted:
    """KeyError where a sample has nothing of an answer."""
    if "value" in value or "values" in value:
        numbers = value["values"] if "values" in value else [value["value"]]
        return Noted(None, values=tuple(float(number) for number in numbers))
    if "classes" in value:
        return Noted(joined(value["classes"]), several=True)
    if "outputs" in value:
        return Noted(None)
    label = value["class"] if isinstance(value["class"], int) else str(value["class"])
    return Noted(label, int(value["index"]), float(value["probability"]))


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)
