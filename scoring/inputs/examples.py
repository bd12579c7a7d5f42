"""What one request asks about, and how the requests that wait together become calls of the model."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, takewhile
from typing import cast

import numpy as np

from scoring.tasks.answer import Array, Form

Column = list[bytes] | Array
"""Rows of one input: bytes (images, texts), or a tensor [rows, ...]."""


@dataclass(eq=False, slots=True)
class Examples:
    """The rows of one request, as model.network.Network takes them."""

    columns: Sequence[Column]
    """One an input."""

    rows: int
    shapes: Hashable
    """Requests of equal shapes fit into one call."""

    form: Form | None = None
    """None: the request is its only row."""

    together: int | None = None
    """Most rows of such shapes that memory allows in one call; None: a batch's."""

    share: float = 0
    """Of what a batch may take of memory or of time for decoding, whichever is more."""


def gather(requests: Sequence[Examples]) -> list[Column]:
    """The columns of all rows, in their order."""
    if len(requests) == 1:
        return list(requests[0].columns)
    return [_join(columns) for columns in zip(*(request.columns for request in requests), strict=True)]


def _join(columns: Sequence[Column]) -> Column:
    if isinstance(columns[0], list):
        return list(chain.from_iterable(cast("Sequence[list[bytes]]", columns)))
    return np.concatenate(cast("Sequence[Array]", columns))


def calls(columns: Sequence[Column], rows: int, largest: int) -> Iterator[tuple[list[Column], int]]:
    """The columns in parts of `largest` rows at most, and how many each has."""
    for start in range(0, rows, largest):
        yield [column[start : start + largest] for column in columns], min(largest, rows - start)


def pad(columns: Sequence[Column], rows: int, size: int) -> list[Column]:
    """`rows` rows as `size`, by repeating one: of bytes the shortest, the cheapest to decode."""
    return list(columns) if rows == size else [_pad(column, size - rows) for column in columns]


def _pad(column: Column, missing: int) -> Column:
    if isinstance(column, list):
        return column + [min(column, key=len)] * missing
    return np.concatenate([column, np.repeat(column[:1], missing, axis=0)])


def packs(requests: Sequence[Examples], largest: int) -> Iterator[Sequence[Examples]]:
    """Neighbours that have `largest` rows together at most; a request of more is alone."""
    if sum([request.rows for request in requests]) <= largest:
        yield requests
        return
    start = 0
    while start < len(requests):
        totals = accumulate(request.rows for request in requests[start:])
        count = max(1, sum(1 for _ in takewhile(lambda total: total <= largest, totals)))
        yield requests[start : start + count]
        start += count
