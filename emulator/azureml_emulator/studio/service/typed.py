"""What may be typed into a service's page, by the example that the service gives."""

import json

_MOST_VALUES = 1000


def takes_one_text(example: str) -> bool:
    """Whether a body like the example holds a text and nothing else: another text may stand in its place."""
    try:
        nodes = [json.loads(example)]
    except (ValueError, RecursionError):
        return False
    values: list[object] = []
    while nodes and len(values) < _MOST_VALUES:
        node = nodes.pop()
        if isinstance(node, dict | list):
            nodes += node.values() if isinstance(node, dict) else node
        else:
            values.append(node)
    return len(values) == 1 and isinstance(values[0], str)
