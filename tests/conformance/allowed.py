"""Keys in which answers may differ from the SDK's models: allowed.yml."""

from functools import cache
from pathlib import Path

import yaml

from tests.conformance.checking import Finding

ALL = "*"
_FILE = Path(__file__).with_suffix(".yml")


def is_allowed(finding: Finding) -> bool:
    return any((finding.kind, finding.model, key) in allowed() for key in (finding.key, ALL))


@cache
def allowed() -> frozenset[tuple[str, str, str]]:
    kinds: dict[str, dict[str, dict[str, list[str]]]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return frozenset(
        (kind, model, key)
        for kind, reasons in kinds.items()
        for models in reasons.values()
        for model, keys in models.items()
        for key in keys
    )
