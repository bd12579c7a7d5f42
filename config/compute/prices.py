"""What nodes cost: the table in prices.yml, which the user owns."""

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from config.errors import ConfigError
from config.loading.descriptions import description
from config.loading.files import read_yaml
from config.loading.folder import FOLDER, config_folder, shown
from config.loading.names import nearest
from config.sections.base import Section, Text

NAME = "prices.yml"


class Prices(Section):
    currency: Text
    """What the prices are in, such as USD."""
    as_of: date
    """When they were looked up."""
    region: Text | None = None
    """Azure region that they are of; null: it isn't said."""
    example: bool = False
    """They are somebody's examples, not what this subscription pays: whoever reads a cost is told so."""
    per_hour: dict[str, Annotated[float, Field(ge=0, strict=False)]]
    """Price of one node for an hour, by its size."""

    def of(self, vm_size: str) -> float | None:
        """Price of one node of ``vm_size`` for an hour; None when it isn't listed."""
        return {size.lower(): price for size, price in self.per_hour.items()}.get(vm_size.lower())


def prices_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The table in the folder of the settings where there is one, else the project's own."""
    own = config_folder(environ) / NAME
    return own if own.is_file() else FOLDER / NAME


def load_prices(file: Path | None = None) -> Prices:
    """Read the table. ConfigError names the file and everything that is wrong in it."""
    file = file or prices_file()
    try:
        return Prices.model_validate(read_yaml(file))
    except ValidationError as error:
        raise ConfigError("\n".join(f"{shown(file)}: {_line(finding)}" for finding in error.errors())) from None


def _line(finding: ErrorDetails) -> str:
    key = ".".join(str(part) for part in finding["loc"])
    if finding["type"] == "missing":
        return f"{key} is missing ({description(Prices, key)})"
    if finding["type"] == "extra_forbidden":
        return f"unknown key {key}: {nearest(key, list(Prices.model_fields))}"
    return f"{key} = {finding['input']!r}: {finding['msg']}"
