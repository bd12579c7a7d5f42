"""What it costs to write an answer of 1,001 probabilities as JSON: `python -m benchmarks.serving.encoding`.

Our way, orjson straight from the float32 array, against the classic score.py's, ujson of a list. Rounds alternate.
"""

import statistics
import timeit
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.serving.models import CLASSES
from scoring.tasks.classification import Classification

ROUNDS = 21
CALLS = 200


def main() -> None:
    times = measure(encoders())
    table = Table("encoder", "microseconds", "x orjson", "bytes", title=f"an answer of {CLASSES} probabilities as JSON")
    for name, encode in encoders().items():
        size = len(encode())
        table.add_row(name, f"{times[name]:.0f}", f"{times[name] / times['orjson']:.1f}", str(size))
    Console().print(table)


def encoders() -> dict[str, Callable[[], bytes | str]]:
    """By name, a function that writes the same answer."""
    import ujson

    values = np.random.default_rng(20).random(CLASSES, np.float32)
    answer = Classification(7, values / values.sum())

    def classic() -> str:
        probabilities = answer.probabilities.tolist()
        text: str = ujson.dumps(
            {"class": answer.label, "probability": max(probabilities), "probabilities": probabilities}
        )
        return text

    return {"orjson": answer.to_json, "ujson": classic}


def measure(encoders: dict[str, Callable[[], bytes | str]]) -> dict[str, float]:
    """The median over the rounds, in microseconds a call."""
    rounds = [{name: timeit.timeit(encode, number=CALLS) for name, encode in encoders.items()} for _ in range(ROUNDS)]
    return {name: statistics.median(one[name] for one in rounds) / CALLS * 1e6 for name in encoders}


if __name__ == "__main__":
    main()
