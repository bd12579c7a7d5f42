"""A series of numbers as a small line chart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 320, 120, 6


@dataclass(frozen=True)
class Chart:
    path: str
    """SVG path data; interrupted where a value is not finite."""
    summary: str


def chart(values: Sequence[float]) -> Chart:
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return Chart("", f"{len(values)} values, none of them finite")
    low, high = min(finite), max(finite)
    path, drawing = "", False
    for index, value in enumerate(values):
        if math.isfinite(value):
            point = f"{_across(index, len(values)):.1f} {_down(value, low, high):.1f}"
            path += f"L{point}" if drawing else f"M{point}h0"  # h0: a point between two gaps is a dot
        drawing = math.isfinite(value)
    last = f"last {_number(values[-1])}, lowest {_number(low)}, highest {_number(high)}"
    return Chart(path, f"{len(values)} values: {last}")


def _across(index: int, count: int) -> float:
    return MARGIN + (WIDTH - 2 * MARGIN) * (index / (count - 1) if count > 1 else 0.5)


def _down(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low) if 0 < high - low < math.inf else 0.5
    return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share


def _number(value: float) -> str:
    return f"{value:.6g}"
