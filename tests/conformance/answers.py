"""What a local workspace answered in tests, checked against the SDK's models.

`python -m tests.conformance.answers FOLDER` looks at the answers in a state folder. A finding fails the tests, save
keys that allowed.yml names with a reason.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from azureml_emulator.testing.answers import FILE
from tests.conformance.allowed import is_allowed
from tests.conformance.checking import Finding, check
from tests.conformance.schemas import schemas
from tests.integration.emulator.coverage.page import find_operation


@dataclass
class Report:
    operations: set[str] = field(default_factory=set)
    answers: int = 0
    without_schema: Counter[str] = field(default_factory=Counter)
    findings: Counter[tuple[str, Finding]] = field(default_factory=Counter)
    """How often, by operation."""

    @property
    def violations(self) -> list[str]:
        return [
            f"{operation} ({count} times): {finding}"
            for (operation, finding), count in sorted(self.findings.items())
            if not is_allowed(finding)
        ]

    def __str__(self) -> str:
        allowed = len({finding for _, finding in self.findings if is_allowed(finding)})
        return (
            f"{self.answers} answers of {len(self.operations)} operations with a schema: {len(self.violations)} "
            f"violations, {allowed} keys of models allowed to differ; "
            f"{sum(self.without_schema.values())} answers of {len(self.without_schema)} operations without a schema"
        )


def check_answers(folder: Path) -> Report:
    """Of the local workspace in a folder, as far as it kept them; same ones count, and are looked at once."""
    report, seen = Report(), dict[bytes, int]()
    file = folder / FILE
    if file.exists():
        with file.open("rb") as lines:
            for line in lines:
                seen[line] = seen.get(line, 0) + 1
    for line, count in seen.items():
        _add(report, line, count)
    return report


def _add(report: Report, line: bytes, count: int) -> None:
    answer: dict[str, Any] = json.loads(line)
    operation = str(find_operation(answer["method"], answer["path"]))
    if answer["status"] >= 400 or operation == "None":
        return
    schema = schemas().get(operation)
    if schema is None:
        report.without_schema[operation] += count
        return
    report.operations.add(operation)
    report.answers += count
    for finding in set(check(answer["body"], schema)):
        report.findings[operation, finding] += count


def main(folders: Iterator[str]) -> None:
    for folder in folders:
        report = check_answers(Path(folder))
        print(report, *report.violations, sep="\n")


if __name__ == "__main__":
    main(iter(sys.argv[1:]))
