"""Samples of requests, as scoring/monitoring/sampling.py writes them, read back from files or from a service's log."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from config.errors import ConfigError

PATTERN = "*.jsonl*"
"""The files of a folder: rotated ones have a number after their suffix."""


@dataclass(frozen=True)
class Sample:
    """One answered request."""

    time: datetime
    image_sha256: str
    label: int | str
    """The answered class."""
    index: int
    """Place of the greatest probability."""
    probability: float
    model: str
    """``name:version``."""

    @property
    def class_index(self) -> int:
        """What validation keeps of an answer: the class where that is a number, else the place in the vector."""
        return self.label if isinstance(self.label, int) else self.index


def read_samples(paths: Sequence[Path]) -> list[Sample]:
    """The samples in files of any kind of log, and in the sample files of folders. ConfigError without a file."""
    files = [file for path in paths for file in (sorted(path.glob(PATTERN)) if path.is_dir() else [path])]
    if not files:
        raise ConfigError(f"{', '.join(map(str, paths))}: no file {PATTERN} in it: is monitoring.share above 0?")
    return [sample for file in files for sample in _of_file(file)]


def _of_file(file: Path) -> Iterator[Sample]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        yield from parse_samples(lines)


def parse_samples(lines: Iterable[str]) -> Iterator[Sample]:
    """The samples among ``lines``, whatever stands before them on their line; all other lines are passed over."""
    for line in lines:
        start = line.find("{")
        sample = _parse(line[start:]) if start >= 0 and "image_sha256" in line else None
        if sample is not None:
            yield sample


def _parse(text: str) -> Sample | None:
    """None for what only looks like a sample, or is torn: a process may end in the middle of a line."""
    try:
        value = json.loads(text)
        time = datetime.fromisoformat(value["time"])
        label = value["class"] if isinstance(value["class"], int) else str(value["class"])
        index, probability = int(value["index"]), float(value["probability"])
        return Sample(_aware(time), str(value["image_sha256"]), label, index, probability, str(value["model"]))
    except (ValueError, KeyError, TypeError):
        return None


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)
