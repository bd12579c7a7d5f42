"""JSON Schema of a target's YAML file, so that an editor completes and checks it: ``python -m config.schema``."""

import json
from typing import Any

from config.loading.folder import FOLDER
from config.loading.layers import ALIASES
from config.settings import Settings

FILE = FOLDER / "schema.json"


def render() -> str:
    """The schema as the text of config/schema.json."""
    schema = Settings.model_json_schema()
    schema["title"] = "Settings of one target"
    # The file's name says the target.
    del schema["properties"]["target"]
    schema["required"].remove("target")
    for alias, key in ALIASES.items():
        section, _, name = key.partition(".")
        _add_alias(schema["$defs"][section.capitalize()], name, alias.partition(".")[2])
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema, indent=2) + "\n"


def _add_alias(section: dict[str, Any], name: str, alias: str) -> None:
    """Let either of the two names stand, but one of them and not both."""
    section["properties"][alias] = section["properties"][name] | {"title": alias, "description": f"Same as {name}."}
    section["required"].remove(name)
    section["oneOf"] = [{"required": [name]}, {"required": [alias]}]


if __name__ == "__main__":
    FILE.write_text(render())
