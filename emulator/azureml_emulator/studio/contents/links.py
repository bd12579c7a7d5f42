"""Names and values of tags and properties, with the page that each value leads to."""

from dataclasses import dataclass

from azureml_emulator.state.store import Store
from azureml_emulator.studio.contents.shapes import pairs


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


def _fact(store: Store, name: str, value: str) -> Fact:
    if name == "service" and store.find("service", value):
        return Fact(name, value, ("services", value))
    if store.find("model", value):
        return Fact(name, value, ("models",), value)
    return Fact(name, value, ("runs", value) if store.find("run", value) else ())
