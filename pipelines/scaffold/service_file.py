"""The text of a new service's file."""

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from pipelines.scaffold.entries import Entry

WIDTH = 100
PLAIN = re.compile(r"[a-z_][a-z0-9_./-]*", re.IGNORECASE)
WORDS_OF_YAML = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
ORDER = ("input", "task", "service", "validation")


def service_file(service: str, model: str, entries: Sequence[Entry], *, schema: str | None) -> str:
    """``model`` is the model's folder as it was typed; ``schema`` the path of the JSON Schema from the file, if any."""
    by_section = sorted(entries, key=lambda entry: ORDER.index(_section(entry)))
    blocks = ["\n".join(_block(name, list(group))) for name, group in groupby(by_section, _section)]
    return "\n\n".join(["\n".join(_head(service, model, schema)), *blocks]) + "\n"


def _head(service: str, model: str, schema: str | None) -> Iterator[str]:
    if schema:
        yield f"# yaml-language-server: $schema={schema}"
    yield from _comment(
        f"What the service {service} serves, and what is good enough for it. Written by `amlgpu init` by "
        f"what it found about {json.dumps(model, ensure_ascii=False)}; yours to change.",
        "",
    )
    yield "# All keys, their units and defaults: docs/settings.md."


def _section(entry: Entry) -> str:
    return entry.key.partition(".")[0]


def _block(section: str, entries: Sequence[Entry]) -> list[str]:
    """A section without a key would be none: where all are still to be said, it is a comment, too."""
    lines = [f"{section}:"]
    commented = all(entry.open for entry in entries)
    for entry in entries:
        mark = "# " if entry.open and not commented else ""
        lines += _comment(entry.comment, "  ")
        lines.append(f"  {mark}{entry.key.partition('.')[2]}: {_value(entry.value)}")
    return [f"# {line}" for line in lines] if commented else lines


def _comment(text: str, indent: str) -> list[str]:
    one_line = " ".join(text.split())
    return textwrap.wrap(
        one_line,
        WIDTH,
        initial_indent=f"{indent}# ",
        subsequent_indent=f"{indent}# ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _value(value: object) -> str:
    """YAML's flow form; JSON's is one."""
    plain = isinstance(value, str) and PLAIN.fullmatch(value) and value.lower() not in WORDS_OF_YAML
    return str(value) if plain else json.dumps(value, ensure_ascii=False)
