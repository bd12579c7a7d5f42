"""What the nodes of a compute cost an hour, in words and in numbers."""

from dataclasses import dataclass

from config.prices import Prices
from config.settings import Workspace


@dataclass(frozen=True)
class Cost:
    """Cost of all nodes for an hour, from the fewest to the most there may be; None: the price is unknown."""

    least: float | None
    most: float | None
    currency: str
    unknown: str = ""
    """Why there is no price."""

    def __str__(self) -> str:
        if self.least is None or self.most is None:
            return f"unknown: {self.unknown}"
        if self.least == self.most:
            return f"{self.most:.2f} {self.currency}"
        return f"{self.least:.2f} to {self.most:.2f} {self.currency}"


def cost_of(workspace: Workspace, prices: Prices, vm_size: str, nodes: tuple[int, int]) -> Cost:
    """The cost of ``nodes``, the fewest and the most; nothing in the local workspace, where no node is a machine."""
    price = 0.0 if workspace.local else prices.of(vm_size)
    if price is None:
        return Cost(None, None, prices.currency, f"{vm_size} isn't in prices.yml")
    least, most = nodes
    return Cost(least * price, most * price, prices.currency)
