"""What all connections of one listener hold together."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azureml_emulator.server.connections.bounded import BoundedProtocol


@dataclass(eq=False, slots=True)
class Totals:
    """No attributes of the class: Python forgets what it knows of a class whenever one of those changes."""

    untaken: int = 0
    """Bytes of bodies that had not been taken when they were counted, and all that have come since."""
    behind: int = 0
    """Bytes of requests whose turn hasn't come."""
    heads: int = 0
    """Bytes of heads that haven't come whole."""
    held: bool = False
    """Nothing is read of any connection."""
    sweeping: bool = False
    waiting: "dict[BoundedProtocol, float]" = field(default_factory=dict)
    """Connections that waited for their clients, and since when, the longest last; some have gone on meanwhile."""
