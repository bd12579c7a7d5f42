"""Properties of what is registered: as on Azure, new ones may be added, and none changes or goes."""

from collections.abc import Mapping
from typing import Any

from azureml_emulator.errors import BadRequest

TRACKED = ("azureml.git.", "mlflow.source.git.")
"""How names begin that the SDK itself adds to each update of a service, by the checkout that its process runs in
(azureml/_base_sdk_common/tracking): after a commit they have other values."""


def refuse_changed(what: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """Raises BadRequest, which names the property of `what`, where `after` lacks one of `before` or has another.

    But for what the SDK tracks, whose updates would all be refused after a commit.
    """
    for name, value in (before or {}).items():
        if (after or {}).get(name) != value and not name.startswith(TRACKED):
            raise BadRequest(
                f"property '{name}' of {what} is '{value}' and cannot change or go: use a tag for what does"
            )
