"""YAML as usual, but what PyYAML takes in silence, or fails over in words of its own, is an error with its place."""

from typing import Any

import yaml

LARGEST = 10**18
"""Of whole numbers: Python can't even write much larger ones."""
_SHOWN = 60  # characters of a value


class _StrictLoader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A key given twice is an error rather than the last one's win."""
        keys = [key.value for key, _ in node.value]
        for key, (key_node, _) in zip(keys, node.value, strict=True):
            if keys.count(key) > 1:
                raise yaml.MarkedYAMLError(problem=f"{key} is given twice", problem_mark=key_node.start_mark)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """A date, or a number, that can't be one is an error as any other."""
        try:
            value = super().construct_object(node, deep)
        except (yaml.YAMLError, RecursionError):
            raise
        except Exception as error:  # noqa: BLE001 - whichever the constructor of a tag fails with
            raise yaml.MarkedYAMLError(
                problem=f"{str(node.value)[:_SHOWN]!r} isn't what it looks like ({error}): a text needs quotes",
                problem_mark=node.start_mark,
            ) from None
        if isinstance(value, int) and abs(value) > LARGEST:
            raise yaml.MarkedYAMLError(problem=f"a number beyond {LARGEST:,}", problem_mark=node.start_mark)
        return value


def parse_yaml(text: str) -> Any:
    """Raises yaml.YAMLError, and RecursionError for what is nested too deeply."""
    return yaml.load(text, _StrictLoader)  # noqa: S506 - a SafeLoader
