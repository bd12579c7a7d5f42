"""Validation data for the zoo's right models: each model answers its own without a mistake."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tests.zoo.images import BRIGHT, DARK, colour, picture

Write = Callable[[Path, int], Path]
"""Writes so many samples into a folder, which it makes and returns."""
COLOURS = ("red", "green", "blue")
MIDDLING = 127


def colours(folder: Path, count: int) -> Path:
    """labels.csv with classes by number."""
    return _labels(folder, ((colour(number % 3, number), str(number % 3)) for number in range(count)))


def named_colours(folder: Path, count: int) -> Path:
    """labels.csv with classes by name."""
    return _labels(folder, ((colour(number % 3, number), COLOURS[number % 3]) for number in range(count)))


def colour_folders(folder: Path, count: int) -> Path:
    """One folder a class."""
    for number in range(count):
        place = folder / COLOURS[number % 3]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.jpg").write_bytes(colour(number % 3, number))
    return folder


def bright_channels(folder: Path, count: int) -> Path:
    """Which of three channels are bright: none, one or several."""

    def samples() -> Iterator[tuple[bytes, str]]:
        for number in range(count):
            bright = [channel for channel in range(3) if number >> channel & 1]
            parts = [BRIGHT if channel in bright else DARK for channel in range(3)]
            yield picture(parts, seed=number), "|".join(map(str, bright))

    return _labels(folder, samples())


def dark_or_bright(folder: Path, count: int) -> Path:
    """Grey pictures of two classes."""
    return _labels(
        folder, ((picture([(DARK, BRIGHT)[number % 2]], seed=number), str(number % 2)) for number in range(count))
    )


def dark_to_bright(folder: Path, count: int) -> Path:
    """Grey pictures of three classes."""
    levels = (DARK, MIDDLING, BRIGHT)
    return _labels(folder, ((picture([levels[number % 3]], seed=number), str(number % 3)) for number in range(count)))


def brightnesses(folder: Path, count: int) -> Path:
    """Pictures with their brightness from 0 to 1, nearly."""
    levels = [50 + number * 150 // count for number in range(count)]
    return _labels(folder, ((picture([level] * 3, seed=level), f"{level / 255:.3f}") for level in levels))


def moods(folder: Path, count: int) -> Path:
    """Texts, good (1) or bad (0)."""
    words = (("bad", "awful"), ("good", "great"))
    return _lines(
        folder,
        (
            {"input": f"day {number} was {words[number % 2][number // 2 % 2]}", "label": number % 2}
            for number in range(count)
        ),
    )


def rows(folder: Path, count: int) -> Path:
    """Four numbers, and 1, 2, 3 and 4 times of them together."""
    drawn = np.random.default_rng(20).integers(0, 10, (count, 4))
    return _lines(folder, ({"input": row.tolist(), "value": float(row @ [1, 2, 3, 4])} for row in drawn))


def houses(folder: Path, count: int) -> Path:
    """What keras_models.two_tables answers."""
    drawn = np.random.default_rng(20).integers(1, 9, (count, 3))
    return _lines(
        folder,
        (
            {"input": {"rooms": [rooms], "place": [area, age]}, "value": 10 * rooms + 2 * area - age}
            for rooms, area, age in drawn.tolist()
        ),
    )


def named(folder: Path, count: int) -> Path:
    """What tf_modules.named_tensors answers."""

    def lines() -> Iterator[dict[str, object]]:
        for number in range(count):
            values, times = [float(number), 1.0, -2.0], number % 5
            outputs = {"scaled": [value * times for value in values], "total": sum(values)}
            yield {"input": {"values": values, "count": times}, "outputs": outputs}

    return _lines(folder, lines())


def _labels(folder: Path, samples: Iterator[tuple[bytes, str]]) -> Path:
    folder.mkdir(parents=True)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "label"])
        for number, (image, label) in enumerate(samples):
            (folder / f"{number}.jpg").write_bytes(image)
            writer.writerow([f"{number}.jpg", label])
    return folder


def _lines(folder: Path, lines: Iterator[dict[str, object]]) -> Path:
    folder.mkdir(parents=True)
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "samples.jsonl").write_text(text, encoding="utf-8")
    return folder
