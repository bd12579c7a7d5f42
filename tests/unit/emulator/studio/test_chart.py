import math
import re

import pytest

from azureml_emulator.studio.drawing.chart import HEIGHT, MARGIN, WIDTH, chart


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


def test_a_series_fills_the_chart() -> None:
    found = points(chart([1, 3, 2]).path)
    assert found == [(MARGIN, HEIGHT - MARGIN), (WIDTH / 2, MARGIN), (WIDTH - MARGIN, HEIGHT / 2)]


def test_it_is_said_in_words_too() -> None:
    assert chart([0.5, 0.25]).summary == "2 values: last 0.25, lowest 0.25, highest 0.5"


@pytest.mark.parametrize("values", [[7, 7, 7], [-1.7e308, 1.7e308], [5]])
def test_values_without_a_scale_lie_in_the_middle(values: list[float]) -> None:
    assert {y for _, y in points(chart(values).path)} == {HEIGHT / 2}


def test_gaps() -> None:
    assert chart([1, math.nan, 2, 3]).path.count("M") == 2
    assert chart([math.nan, math.inf]).path == ""
    assert "none of them finite" in chart([math.nan]).summary
