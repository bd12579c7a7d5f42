"""Properties of what is registered: as on Azure, new ones may be added, and none changes or goes."""

from collections.abc import Mapping
from typing import Any

from azureml_emulator.errors import BadRequest


def refuse_changed(what: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """Raises BadRequest, which names the property of `what`, where `after` lacks one of `before` or has another."""
    for name, value in (before or {}).items():
        if (after or {}).get(name) != value:
            raise BadRequest(
                f"property '{name}' of {what} is '{value}' and cannot change or go: use a tag for what does"
            )
