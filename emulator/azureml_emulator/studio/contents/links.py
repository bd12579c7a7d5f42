"""Names and values of tags and properties, with the page that each value leads to."""

import re
from dataclasses import dataclass

from azureml_emulator.state.store import Store
from azureml_emulator.studio.contents.shapes import pairs

_ASSET = re.compile(
    r"(?:azureml:)?/.*/(?P<plural>components|data|environments|models)/(?P<name>[^/]+)/versions/(?P<version>[^/]+)"
)
_ANONYMOUS = ("azureml_anonymous", "CliV2AnonymousEnvironment")
"""What SDK v2 calls assets that are shown on no page."""


@dataclass(frozen=True)
class Fact:
    name: str
    value: str
    page: tuple[str, ...] = ()
    """The parts of its path below the studio's; nothing where the value leads nowhere."""
    part: str = ""
    """Of that page."""


def facts(store: Store, values: object) -> list[Fact]:
    """A value is a link where it is the id of a run or of a model; that of a tag ``service``, a service's name."""
    return [_fact(store, name, value) for name, value in pairs(values).items()]


def asset_fact(name: str, value: object) -> Fact:
    """An asset's ARM id is shown as NAME:VERSION, and is a link to its page; any other value is shown as it is.

    Nobody has named an anonymous asset, whose name and version are digests.
    """
    match = _ASSET.fullmatch(text := str(value or ""))
    if match is None:
        return Fact(name, text)
    said = f"{match['name']}:{match['version']}"
    if match["name"] in _ANONYMOUS:
        return Fact(name, "anonymous")
    if match["plural"] == "models":
        return Fact(name, said, ("models",), said)
    return Fact(name, said, (match["plural"], match["name"]), f"version-{match['version']}")


def _fact(store: Store, name: str, value: str) -> Fact:
    if name == "service" and store.find("service", value):
        return Fact(name, value, ("services", value))
    if store.find("model", value):
        return Fact(name, value, ("models",), value)
    return Fact(name, value, ("runs", value) if store.find("run", value) else ())
