import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from scoring.contract import Contract
from steps.artifacts.verdict import UNITS, Check, Outcome, Production, Verdict
from steps.validation.measured import Measured
from steps.validation.report.page import cell, write_report
from steps.validation.tasks.task import Scored
from tests.unit.steps.validation.contracts import contract

FIGURES = ["Right answers by class", "Confusion of the candidate, in samples", "Latency", "Cold start"]


@pytest.fixture
def compared(verdict: Verdict) -> Verdict:
    return verdict.model_copy(update={"production": Production(model="digits:2", metrics={"accuracy": 0.875})})


def titles(page: str) -> list[str]:
    return re.findall(r"<figcaption>(.*?)</figcaption>", page)


def test_the_page_holds_verdict_checks_and_every_figure(tmp_path: Path, compared: Verdict, good: Measured) -> None:
    write_report(compared, None, good, good, tmp_path)

    page = (tmp_path / "report.html").read_text()
    for fact in ("digits:3 is", "BLESSED", "digits:2", "accuracy_floor", "0.95", "0.875", compared.content_hash):
        assert fact in page
    assert titles(page) == FIGURES
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) == len(FIGURES)
    for drawing in drawings:
        ET.fromstring(drawing)  # noqa: S314 -- our own


def test_the_page_needs_no_other_file(tmp_path: Path, compared: Verdict, good: Measured) -> None:
    write_report(compared, None, good, good, tmp_path)

    page = (tmp_path / "report.html").read_text()
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)|url\((?!["']?#)|@import|<script""", page)


def test_the_same_figures_give_the_same_page(tmp_path: Path, compared: Verdict, good: Measured) -> None:
    write_report(compared, None, good, good, tmp_path)
    first = (tmp_path / "report.html").read_bytes()
    write_report(compared, None, good, good, tmp_path)

    assert (tmp_path / "report.html").read_bytes() == first


def test_checks_and_latencies_have_their_units(tmp_path: Path, compared: Verdict, good: Measured) -> None:
    checks = tuple(Check(name=name, outcome="pass", measured=7.0, threshold=9.0) for name in UNITS)
    write_report(compared.model_copy(update={"checks": checks}), None, good, good, tmp_path)

    page, summary = ((tmp_path / name).read_text() for name in ("report.html", "report.md"))
    assert re.findall(r"<td>7 (m?s)</td><td>9 (m?s)</td>", page) == [("s", "s"), ("ms", "ms"), ("ms", "ms")]
    assert re.findall(r"\| 7 (m?s) \| 9 (m?s) \|", summary) == [("s", "s"), ("ms", "ms"), ("ms", "ms")]
    ticks = re.findall(r"<text [^>]*>(\d+)</text>", page.partition("Latency")[2].partition("milliseconds")[0])
    assert ticks == ["1", "10", "100"]


def test_what_was_not_measured_is_not_drawn(tmp_path: Path, verdict: Verdict) -> None:
    write_report(verdict, None, Measured(startup_seconds=None), None, tmp_path)

    assert titles((tmp_path / "report.html").read_text()) == []
    assert "nothing: first release" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("wrong", "shown"), [(99, "of those most often confused"), (0, "the first 30: none was confused")]
)
def test_a_thousand_classes_still_make_a_page(
    tmp_path: Path, verdict: Verdict, good: Measured, wrong: int, shown: str
) -> None:
    scored = tuple(Scored(f"{one}.jpg", one, one ^ (one < wrong), one >= wrong) for one in range(1000))
    write_report(verdict, None, replace(good, scored=scored), None, tmp_path)

    page = (tmp_path / "report.html").read_text()
    assert titles(page) == FIGURES
    assert "class, the 30 worst" in page
    assert f"class that was answered, {shown}" in page
    assert len(page) < 500_000


def test_what_a_check_says_is_text_not_markup(tmp_path: Path, verdict: Verdict, good: Measured) -> None:
    said = "<script>alert(1)</script> | **bold**\nnext"
    check = Check(name="errors", outcome="fail", measured=1, threshold=0, detail=said)
    write_report(verdict.model_copy(update={"checks": (check,)}), None, good, None, tmp_path)

    assert "<script>" not in (tmp_path / "report.html").read_text()
    rows = [line for line in (tmp_path / "report.md").read_text().splitlines() if line.startswith("| errors")]
    assert rows == [f"| errors | fail | 1 | 0 | {cell(said)} |"]


def test_a_cell_of_a_table_is_one_line_without_markup() -> None:
    assert cell("a | b\n<b>*c*") == r"a \| b \<b\>\*c\*"


REGRESSION = tuple(Scored(f"{n}", float(n), n + 0.5, None) for n in range(50))
LABELS = tuple(Scored(f"{n}", [0, n % 3], [n % 3], n % 3 == 0) for n in range(50))
YES_OR_NO = tuple(Scored(f"{n}", n % 2, n % 2, right=True, probability=n / 50) for n in range(50))
OUTPUTS = tuple(Scored(f"{n}", {"y": [1, 2]}, {"y": [1, 2]}, right=True) for n in range(50))


@pytest.mark.parametrize(
    ("of", "scored", "figures"),
    [
        (contract("regression", unit="$"), REGRESSION, ["Answers by truth", "Errors"]),
        (contract("multilabel", labels=("a", "$b", "c")), LABELS, ["F1 by class"]),
        (contract("binary"), YES_OR_NO, [*FIGURES[:2], "Probabilities of the candidate"]),
        (contract("tensors"), OUTPUTS, []),
    ],
)
def test_the_figures_suit_the_task(
    tmp_path: Path, compared: Verdict, good: Measured, of: Contract, scored: tuple[Scored, ...], figures: list[str]
) -> None:
    measured = replace(good, scored=scored)
    write_report(compared, of, measured, measured, tmp_path)

    page = (tmp_path / "report.html").read_text()
    assert titles(page) == [*figures, "Latency", "Cold start"]
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ET.fromstring(drawing)  # noqa: S314 -- our own


def test_what_failed_stands_first_and_what_was_not_reached_is_said_in_words(
    tmp_path: Path, verdict: Verdict, good: Measured
) -> None:
    outcomes: list[Outcome] = ["pass", "not_reached", "fail"]
    checks = tuple(Check(name=f"{one}_check", outcome=one, measured=None, threshold=None) for one in outcomes)
    write_report(verdict.model_copy(update={"checks": checks}), None, good, None, tmp_path)

    for name in ("report.html", "report.md"):
        found = re.findall(r"(\w+)_check", (tmp_path / name).read_text().replace("\\_", "_"))
        assert found == ["fail", "not_reached", "pass"]
    assert ">not reached<" in (tmp_path / "report.html").read_text()
