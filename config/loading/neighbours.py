"""Services of one folder that would meet in a workspace: what is stored under a name belongs to one of them."""

from collections.abc import Collection, Mapping
from pathlib import Path

from config.errors import ConfigError
from config.loading.files import service_layer
from config.loading.names import SERVICE, names

OWN = ("service.name", "pipeline.name", "pipeline.endpoint", "schedule.name")
"""Keys that no two services may have in common on one target; they may serve the same model."""


def check_neighbours(
    service: str,
    target: str,
    folder: Path,
    sections: Collection[str],
    merged: Mapping[str, tuple[object, str]],
    *,
    readable: bool = False,
) -> None:
    """ConfigError when another service of the folder is called in the workspace what ``service`` is called there.

    ``merged`` has value and origin of each key. Names are compared without their case, as Azure does. A file that can't
    be read may hold any name: that is an error too, unless only the ``readable`` ones are to be compared.
    """
    for other in names(SERVICE, folder):
        if other == service:
            continue
        try:
            theirs = service_layer(other, target, folder, sections)
        except ConfigError:
            if readable:
                continue
            raise
        for key in OWN:
            (value, origin), their = merged[key], theirs[key]
            if str(value).casefold() == str(their.value).casefold():
                raise ConfigError(
                    f"{origin}: {key} = {value!r} is the service {other}'s too on {target} ({their.origin}), so that "
                    "one would take the other's place: leave the key out of one of the files, for a name that follows "
                    "from the file's, or choose another"
                )
