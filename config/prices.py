"""What nodes cost: the table in prices.yml, which the user owns."""

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError

from config.errors import ConfigError
from config.loading.folder import FOLDER, config_folder, shown
from config.sections.base import Section

NAME = "prices.yml"


class Prices(Section):
    currency: Annotated[str, Field(min_length=1)]
    """What the prices are in, such as USD."""
    as_of: date
    """When they were looked up."""
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
    """Read the table. ConfigError names the file and what is wrong in it."""
    file = file or prices_file()
    try:
        return Prices.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{shown(file)}: can't be read: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{shown(file)}: {where} = {first['input']!r}: {first['msg']}") from None
