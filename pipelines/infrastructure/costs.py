"""What the nodes of the computes cost an hour, in words and in numbers."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from config.compute.prices import Prices, load_prices, prices_file
from config.loading.folder import shown
from config.settings import Settings


@dataclass(frozen=True)
class Cost:
    """Cost of all nodes for an hour, from the fewest to the most there may be; None: the price is unknown."""

    least: float | None
    most: float | None
    currency: str
    unknown: str = ""
    """Why there is no price, and where to write it."""

    def __str__(self) -> str:
        if self.least is None or self.most is None:
            return "unknown"
        if self.least == self.most:
            return f"{self.most:.2f} {self.currency}"
        return f"{self.least:.2f} to {self.most:.2f} {self.currency}"


@dataclass(frozen=True)
class ComputeCost:
    """One of the two computes of a release, as the settings say it."""

    kind: Literal["compute", "cluster"]
    name: str
    nodes: str
    hour: Cost


@dataclass(frozen=True)
class Costs:
    """Both computes, and whose prices these are."""

    compute: ComputeCost
    cluster: ComputeCost
    source: str
    """A sentence; empty in the local workspace, which costs nothing."""
    prices: Prices

    @property
    def notes(self) -> list[str]:
        """What is to be said below the numbers, a line each."""
        unknown = dict.fromkeys(one.hour.unknown for one in (self.compute, self.cluster))
        return [line for line in (*unknown, self.source) if line]

    def as_json(self) -> dict[str, Any]:
        of_prices = self.prices.model_dump(mode="json", include={"as_of", "region", "example"})
        return {"computes": [asdict(self.compute), asdict(self.cluster)], "prices": of_prices}


def costs_of(settings: Settings, prices: Prices | None = None) -> Costs:
    """What the computes of the settings cost an hour; ConfigError where prices.yml can't be read."""
    prices = prices or load_prices()
    compute, cluster = settings.compute, settings.cluster
    return Costs(
        ComputeCost(
            "compute",
            compute.name,
            f"{compute.min_nodes} to {compute.max_nodes} nodes of {compute.vm_size}",
            _cost_of(settings, prices, compute.vm_size, compute.min_nodes, compute.max_nodes),
        ),
        ComputeCost(
            "cluster",
            cluster.name,
            f"{cluster.nodes} nodes of {cluster.vm_size}",
            _cost_of(settings, prices, cluster.vm_size, cluster.nodes, cluster.nodes),
        ),
        "" if settings.workspace.local else _source(prices),
        prices,
    )


def _cost_of(settings: Settings, prices: Prices, vm_size: str, least: int, most: int) -> Cost:
    """Nothing in the local workspace, where no node is a machine."""
    price = 0.0 if settings.workspace.local else prices.of(vm_size)
    if price is None:
        mend = f"write one below per_hour in {shown(prices_file())}"
        return Cost(None, None, prices.currency, f"No price of {vm_size} is known: {mend}.")
    return Cost(least * price, most * price, prices.currency)


def _source(prices: Prices) -> str:
    of = f"{f'{prices.region}, ' if prices.region else ''}{prices.as_of}"
    file = shown(prices_file())
    if prices.example:
        return f"Prices are EXAMPLES ({of}), yours may differ: write yours into {file}. Nodes alone."
    return f"Prices are those of {file} ({of}), for nodes alone."
