"""JSON Schemas of the two kinds of files, so that an editor completes and checks them: ``python -m config.schema``."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from config.loading.descriptions import description
from config.loading.files import EITHER, OVERRIDES, WHERE
from config.loading.folder import FOLDER
from config.loading.layers import ALIASES, sections
from config.settings import Settings

TARGET_FILE = FOLDER / "target.schema.json"
SERVICE_FILE = FOLDER / "service.schema.json"
Schema = dict[str, Any]


class _Describing(GenerateJsonSchema):
    def model_schema(self, schema: Any) -> JsonSchemaValue:
        made = super().model_schema(schema)
        for name, one in made["properties"].items():
            if text := description(schema["cls"], name):
                one["description"] = text
        return made


def schema_of(model: type[BaseModel]) -> Schema:
    """The JSON Schema of a model, with what its fields say of themselves."""
    return model.model_json_schema(schema_generator=_Describing)


def render_target() -> str:
    """The text of config/target.schema.json."""
    schema, definitions = _sections([*WHERE, *EITHER])
    schema["required"] = list(WHERE)
    return _text("Where: a target's file", schema, definitions)


def render_service() -> str:
    """The text of config/service.schema.json.

    It requires no key: those that differ from target to target stand below ``targets`` alone.
    """
    schema, definitions = _sections([section for section in sections(Settings) if section not in WHERE])
    for definition in definitions.values():
        definition.pop("required", None)
    for alias, key in ALIASES.items():
        section, _, name = key.partition(".")
        _add_alias(definitions[section.capitalize()], name, alias.partition(".")[2])
    definitions["Overrides"] = schema | {"description": "What is different on one target."}
    overrides = {
        "type": "object",
        "description": "What is different on a target, by its name.",
        "additionalProperties": {"$ref": "#/$defs/Overrides"},
    }
    schema = schema | {"properties": schema["properties"] | {OVERRIDES: overrides}}
    return _text("What: a service's file", schema, definitions)


def _sections(names: Sequence[str]) -> tuple[Schema, dict[str, Schema]]:
    """An object with these sections, and what each of them refers to."""
    whole = schema_of(Settings)
    properties = {name: _without_default(whole["properties"][name]) for name in names}
    used = {one["$ref"].rpartition("/")[2] for one in properties.values()}
    definitions = {name: one for name, one in whole["$defs"].items() if name in used}
    return {"type": "object", "additionalProperties": False, "properties": properties}, definitions


def _without_default(section: Schema) -> Schema:
    """The defaults stand at the keys."""
    return {key: value for key, value in section.items() if key != "default"}


def _add_alias(section: Schema, name: str, alias: str) -> None:
    """Let either of the two names stand, but not both."""
    section["properties"][alias] = section["properties"][name] | {"title": alias, "description": f"Same as {name}."}
    section["not"] = {"required": [name, alias]}


def _text(title: str, schema: Schema, definitions: dict[str, Schema]) -> str:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return json.dumps(head | schema | {"$defs": definitions}, indent=2) + "\n"


if __name__ == "__main__":
    TARGET_FILE.write_text(render_target())
    SERVICE_FILE.write_text(render_service())
