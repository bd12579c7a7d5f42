"""The picture of a pipeline's graph: where each step stands, and how the lines between the steps run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

WIDTH, HEIGHT = 216, 54
_GAP, _DROP, _LANE, _MARGIN = 24, 40, 18, 6
Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Box:
    """A step, by its upper left corner."""

    id: str
    x: int
    y: int


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    boxes: tuple[Box, ...]
    """Row by row, from the left: an order in which the steps can run."""
    lines: tuple[str, ...]
    """SVG path data, with the head of the arrow."""


def draw(nodes: Sequence[str], edges: Iterable[Pair]) -> Drawing:
    """Steps from top to bottom, each below all that it waits for.

    A line that passes rows on its way does so in a lane at the right, one for each step that such lines come from,
    and so never crosses a step.
    """
    pairs = [pair for pair in dict.fromkeys(edges) if set(pair) <= set(nodes)]
    ranks = _ranks(nodes, pairs)
    rows = _rows(nodes, pairs, ranks)
    right = max((_row_width(row) for row in rows), default=0)
    boxes = {box.id: box for rank, row in enumerate(rows) for box in _boxes(row, rank, right)}
    downward = [(source, target) for source, target in pairs if ranks[source] < ranks[target]]
    long = dict.fromkeys(source for source, target in downward if ranks[target] - ranks[source] > 1)
    lanes = {source: _MARGIN + right + _LANE * (index + 1) for index, source in enumerate(long)}
    lines = [
        _line(boxes[source], boxes[target], None if ranks[target] - ranks[source] == 1 else lanes[source])
        for source, target in downward
    ]
    height = max((box.y + HEIGHT for box in boxes.values()), default=0)
    return Drawing(right + _LANE * len(lanes) + 2 * _MARGIN, height + _MARGIN, tuple(boxes.values()), tuple(lines))


def _ranks(nodes: Sequence[str], pairs: Sequence[Pair]) -> dict[str, int]:
    """How many steps the longest way to each step has. Steps in a circle never run; they stand in the first row."""
    before = {node: {source for source, target in pairs if target == node} for node in nodes}
    ranks: dict[str, int] = {}
    while ready := [node for node in nodes if node not in ranks and before[node] <= ranks.keys()]:
        ranks |= {node: 1 + max((ranks[source] for source in before[node]), default=-1) for node in ready}
    return {node: ranks.get(node, 0) for node in nodes}


def _rows(nodes: Sequence[str], pairs: Sequence[Pair], ranks: dict[str, int]) -> list[list[str]]:
    """In each row, a step stands about below the steps that it waits for."""
    places: dict[str, float] = {}
    rows = []
    for rank in range(max(ranks.values(), default=-1) + 1):
        row = [node for node in nodes if ranks[node] == rank]
        wanted = {
            node: _mean([places[source] for source, target in pairs if target == node and source in places])
            for node in row
        }
        row.sort(key=wanted.__getitem__)
        places |= {node: index - (len(row) - 1) / 2 for index, node in enumerate(row)}
        rows.append(row)
    return rows


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0


def _row_width(row: Sequence[str]) -> int:
    return len(row) * (WIDTH + _GAP) - _GAP


def _boxes(row: Sequence[str], rank: int, right: int) -> list[Box]:
    left = _MARGIN + (right - _row_width(row)) // 2
    top = _MARGIN + rank * (HEIGHT + _DROP)
    return [Box(node, left + index * (WIDTH + _GAP), top) for index, node in enumerate(row)]


def _line(source: Box, target: Box, lane: int | None) -> str:
    """From the lower edge of one box to the upper edge of another."""
    x, y = source.x + WIDTH // 2, source.y + HEIGHT
    end, top = target.x + WIDTH // 2, target.y
    head = f"M{end - 4} {top - 7}L{end} {top}L{end + 4} {top - 7}"
    if lane is None:
        middle = y + _DROP // 2
        return f"M{x} {y}C{x} {middle} {end} {middle} {end} {top}{head}"
    out = f"M{x} {y}C{x} {y + _DROP} {lane} {y} {lane} {y + _DROP}"
    return f"{out}V{top - _DROP}C{lane} {top} {end} {top - _DROP} {end} {top}{head}"
