import io
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from benchmarks.gpu.measuring import NO_TIME
from benchmarks.gpu.report.plot import plot
from benchmarks.gpu.report.results import Results
from benchmarks.gpu.report.tables import summary, tables

MOMENT = {"what": "it is asked meanwhile", "gpu_mib": 81000.0, "rates": {"a": 1.0}, "faults": {"a": 3}, "said": "full"}


@pytest.fixture
def found(results: Results) -> Results:
    results.memory.append(MOMENT)
    for cache, seconds in (("empty", 40.0), ("filled", 9.0)):
        start = {"model": "resnet50", "service": "ours", "sizes": 7, "cache": cache, "seconds": seconds}
        results.kept.append({**start, "cache_mib": 50.0})
    results.skipped |= {"tiny: FastAPI": NO_TIME, "tiny: seed": NO_TIME, "resnet50: PyTriton": "can't be installed"}
    return results


@pytest.mark.parametrize("width", [80, 150])
def test_tables_fit_a_terminal_and_lose_no_figure(found: Results, width: int) -> None:
    console = Console(width=width, file=io.StringIO())
    for table in tables(found):
        assert console.measure(table).minimum <= width
        console.print(table)
    text = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO
    for figure in ("8,500 (10.0)", "11,000", "81,000", "40.0", "9.0", "1,643"):
        assert figure in text
    assert "…" not in text


def test_what_no_time_was_left_for_is_one_line(found: Results) -> None:
    lines = list(summary(found))
    assert "not measured, or not whole: resnet50: PyTriton: can't be installed" in lines
    assert f"not measured, because {NO_TIME}: tiny: FastAPI; tiny: seed" in lines
    assert lines[-1] == "60 s of 600 s were used"


def test_a_model_has_a_picture(found: Results, tmp_path: Path) -> None:
    plot(found, "resnet50", tmp_path / "resnet50.png")
    with Image.open(tmp_path / "resnet50.png") as picture:
        assert picture.width > 500
