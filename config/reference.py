"""docs/configuration.md, every key of the settings with what it says of itself: ``python -m config.reference``."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from config.compute.prices import NAME, Prices
from config.loading.files import EITHER, WHERE
from config.loading.folder import FOLDER
from config.loading.layers import ALIASES, PREFIX
from config.schema import schema_of
from config.settings import Settings

FILE = FOLDER.parent / "docs" / "configuration.md"
HEAD = """\
# Configuration reference

Written by `python -m config.reference` from the settings themselves. How files, variables and options go together is in
[settings.md](settings.md); `--set SECTION.KEY=VALUE` takes every key below, as its variable does.
"""
VARIABLES = {
    "AMLGPU_TARGET": "Which target's file is read, as `--target`.",
    "AMLGPU_SERVICE": "Which service's file is read, as `--service`.",
    "AMLGPU_CONFIG": "Folder of `targets/` and `services/`, as `--config`.",
    "AMLGPU_HOME": "Folder of the local workspace and of what runs leave on this machine; `.amlgpu` without it.",
    "AMLGPU_SUMMARY": "File that verbs append to, in Markdown: what a run came to, a plan, drift, any error.",
}
COUNTED = (
    "nodes",
    "replicas",
    "requests",
    "rows",
    "values",
    "files",
    "samples",
    "images",
    "hours",
    "minutes",
    "pixels",
    "pods",
    "cores",
)
UNITS = {word: word for word in COUNTED} | {
    "ms": "ms",
    "seconds": "s",
    "gb": "GB",
    "megabytes": "MiB",
    "ratio": "times production's",
    "floor": "0 to 1",
    "ceiling": "task.unit",
    "significance": "0 to 1",
}
"""Of a number, by the last word of its key."""
OTHER_UNITS = {
    "service.gpu_cores": "GPUs",
    "service.autoscale_target_utilization": "%",
    "input.size": "pixels",
    "task.top_k": "classes",
    "task.threshold": "0 to 1",
    "scoring.max_batch": "images",
    "scoring.lanes": "calls",
    "scoring.max_queue": "requests",
    "monitoring.share": "0 to 1",
    "monitoring.distance": "0 to 1",
    "validation.tolerance_absolute": "of the output",
    "validation.tolerance_relative": "share",
    "validation.sample_count": "samples",
    "validation.parity_agreement": "0 to 1",
    "validation.parity_difference": "0 to 1",
    "validation.concurrency": "requests",
    "smoke_test.burst_concurrency": "requests",
    "schedule.interval": "frequency",
}
BAR = "\\|"
"""A bar that doesn't end a cell."""
Property = dict[str, Any]


def render() -> str:
    """The text of docs/configuration.md."""
    schema = schema_of(Settings)
    parts = [HEAD, *(_section(schema, name) for name in schema["properties"] if _definition(schema, name))]
    return "\n".join([*parts, _prices(), _variables()])


def _definition(schema: Property, section: str) -> Property | None:
    """What a section of the settings is made of; None for a field that is none."""
    reference = str(schema["properties"][section].get("$ref", ""))
    found: Property | None = schema["$defs"].get(reference.rpartition("/")[2])
    return found


def _section(schema: Property, name: str) -> str:
    definition = _definition(schema, name) or {}
    rows = [_row(name, key, one, key in definition.get("required", [])) for key, one in _keys(definition)]
    title = f"## {name}\n\n{schema['properties'][name]['description']} {_where(name)}\n"
    return f"{title}\n{_table(('key', 'what it is', 'value', 'unit', 'default', 'variable'), rows)}"


def _keys(definition: Property) -> Iterator[tuple[str, Property]]:
    yield from definition["properties"].items()


def _where(section: str) -> str:
    if section in EITHER:
        return "In a target's file or a service's."
    return "In a target's file." if section in WHERE else "In a service's file."


def _row(section: str, key: str, one: Property, required: bool) -> tuple[str, ...]:
    also = [alias.partition(".")[2] for alias, known in ALIASES.items() if known == f"{section}.{key}"]
    names = " or ".join(f"`{name}`" for name in (key, *also))
    variable = f"`{PREFIX}{section}__{key}`".upper()
    of_numbers = unit(f"{section}.{key}") if is_number(one) else ""
    return names, _text(one), _value(one), of_numbers, _default(section, one, required), variable


def _text(one: Property) -> str:
    return " ".join(one["description"].split())


def is_number(one: Property) -> bool:
    """Whether a key may hold a number, or several."""
    kinds = [each.get("items") or each.get("prefixItems", [each])[0] for each in one.get("anyOf", [one])]
    return any(kind.get("type") in ("integer", "number") for kind in kinds)


def unit(key: str) -> str:
    """What the numbers of ``section.key`` count or measure; empty where that isn't known."""
    return OTHER_UNITS.get(key) or UNITS.get(key.rpartition(".")[2].rpartition("_")[2], "")


def _default(section: str, one: Property, required: bool) -> str:
    if "default" in one:
        return f"`{json.dumps(one['default'], ensure_ascii=False)}`"
    if required and section in WHERE:
        return "none: required"
    return "by the file's name"


def _value(one: Property) -> str:
    """What may stand there, in words."""
    if "anyOf" in one:
        return " or ".join(_value(each) for each in one["anyOf"])
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"])
    if one["type"] == "array":
        each = one["items"] if "items" in one else one["prefixItems"][0]
        return f"list of {_value(each)}"
    words: dict[str, str] = {"string": "text", "boolean": "`true`, `false`", "null": "`null`"}
    return f"{words.get(one['type'], one['type'])}{_bounds(one)}"


def _bounds(one: Property) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    found = [f"{sign} {one[name]:g}" for name, sign in signs.items() if name in one]
    return f" {', '.join(found)}" if found else ""


def _prices() -> str:
    schema = schema_of(Prices)
    rows = [
        (f"`{key}`", _text(one), _default("workspace", one, key in schema["required"]))
        for key, one in schema["properties"].items()
    ]
    head = (
        f"## {NAME}\n\nWhat nodes cost, beside the two folders; `amlgpu plan`, `provision` and `teardown` add it up.\n"
    )
    return f"{head}\n{_table(('key', 'what it is', 'default'), rows)}"


def _variables() -> str:
    rows = [(f"`{name}`", text) for name, text in VARIABLES.items()]
    return f"## Variables that are no settings\n\n{_table(('variable', 'what it is'), rows)}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', BAR) for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
