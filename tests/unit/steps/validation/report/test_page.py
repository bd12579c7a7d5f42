import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from config.escaping.markdown import cell
from config.settings import Settings
from scoring.contract import Contract
from steps.artifacts.verdict import UNITS, Check, Outcome, Production, Verdict
from steps.validation.evidence import Evidence
from steps.validation.measured import Measured
from steps.validation.report.page import Origin, write_report
from steps.validation.tasks import judge_of
from steps.validation.tasks.task import Scored
from tests.unit.steps.validation.contracts import contract

FIGURES = ["Right answers by class", "Confusion of the candidate, in samples", "Latency", "Cold start"]
PAGE_BYTES = 2 * 10**6
Draw = Callable[..., tuple[str, str]]


@pytest.fixture
def compared(verdict: Verdict) -> Verdict:
    return verdict.model_copy(update={"production": Production(model="digits:2", metrics={"accuracy": 0.875})})


@pytest.fixture
def draw(tmp_path: Path, origin: Origin, settings: Settings) -> Draw:
    """Gives report.html and report.md."""

    def both(
        verdict: Verdict, candidate: Measured, production: Measured | None = None, of: Contract | None = None
    ) -> tuple[str, str]:
        task = judge_of(of, settings.validation)
        write_report(verdict, of, Evidence("x", True, candidate, production, task=task), origin, tmp_path)
        return (tmp_path / "report.html").read_text(), (tmp_path / "report.md").read_text()

    return both


def titles(page: str) -> list[str]:
    return re.findall(r"<figcaption>(.*?)</figcaption>", page)


def drawings(page: str) -> list[str]:
    return re.findall(r"<svg.*?</svg>", page, re.DOTALL)


def test_the_page_holds_verdict_checks_and_every_figure(draw: Draw, compared: Verdict, good: Measured) -> None:
    page, _ = draw(compared, good, good)

    for fact in ("digits:3 is", "BLESSED", "digits:2", "accuracy_floor", "0.95", "0.875", compared.content_hash):
        assert fact in page
    assert titles(page) == FIGURES
    assert len(drawings(page)) == len(FIGURES)
    for drawing in drawings(page):
        ET.fromstring(drawing)  # noqa: S314 -- our own


def test_what_was_measured_when_and_where_is_said_before_the_checks(
    draw: Draw, compared: Verdict, good: Measured
) -> None:
    for text in draw(compared, good, good):
        top = text.partition("accuracy_floor")[0]
        for fact in ("2026-11-26 09:30 UTC", "CPU:0, float32", "c" * 40, compared.run_id, compared.environment):
            assert fact in top.replace("\\_", "_")


def test_the_page_needs_no_other_file(draw: Draw, compared: Verdict, good: Measured) -> None:
    page, _ = draw(compared, good, good)

    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)|url\((?!["']?#)|@import|<script""", page)
    assert "default-src 'none'" in page


def test_the_same_figures_give_the_same_page(draw: Draw, compared: Verdict, good: Measured) -> None:
    assert draw(compared, good, good) == draw(compared, good, good)


def test_nothing_on_the_page_has_the_name_of_something_else(draw: Draw, compared: Verdict, good: Measured) -> None:
    for drawing in drawings(draw(compared, good, good)[0]):
        assert not re.findall(r'id="(?:figure|axes|text|patch|line2d)_\d+"', drawing)


def test_checks_and_latencies_have_their_units(draw: Draw, compared: Verdict, good: Measured) -> None:
    checks = tuple(Check(name=name, outcome="pass", measured=7.0, threshold=9.0) for name in UNITS)
    page, summary = draw(compared.model_copy(update={"checks": checks}), good, good)

    assert re.findall(r'"measured">7 (m?s)</td><td [^>]*>9 (m?s)</td>', page) == [
        ("s", "s"),
        ("ms", "ms"),
        ("ms", "ms"),
    ]
    assert re.findall(r"\| 7 (m?s) \| 9 (m?s) \|", summary) == [("s", "s"), ("ms", "ms"), ("ms", "ms")]
    ticks = re.findall(r"<text [^>]*>(\d+)</text>", page.partition("Latency")[2].partition("milliseconds")[0])
    assert ticks == ["1", "10", "100"]


def test_what_was_not_measured_is_not_drawn(draw: Draw, verdict: Verdict) -> None:
    page, summary = draw(verdict.model_copy(update={"answers": ()}), Measured(startup_seconds=None))

    assert titles(page) == []
    assert "nothing: first release" in page
    assert "Misclassified" not in page + summary
    assert "none that answered" in page


@pytest.mark.parametrize(
    ("wrong", "shown"), [(99, "of those most often confused"), (0, "the first 30: none was confused")]
)
def test_a_thousand_classes_still_make_a_page(
    draw: Draw, verdict: Verdict, good: Measured, wrong: int, shown: str
) -> None:
    scored = tuple(Scored(f"{one}.jpg", one, one ^ (one < wrong), one >= wrong) for one in range(1000))
    page, _ = draw(verdict, replace(good, scored=scored))

    assert [title for title in titles(page) if "<b>" not in title] == FIGURES
    assert "class, the 30 worst" in page
    assert f"class that was answered, {shown}" in page
    assert len(page) < 500_000


def test_fifty_thousand_samples_still_make_a_page(draw: Draw, compared: Verdict, good: Measured) -> None:
    scored = tuple(Scored(f"{one}.jpg", one * 1.1, one * 1.1 + one % 97 / 7, None) for one in range(50_000))
    measured = replace(good, scored=scored, latencies_ms=tuple(1 + one % 9973 / 7 for one in range(50_000)))
    page, _ = draw(compared, measured, measured, contract("regression"))

    assert len(page.encode()) < PAGE_BYTES


def test_what_a_check_says_is_text_not_markup(draw: Draw, verdict: Verdict, good: Measured) -> None:
    said = "<script>alert(1)</script> | **bold**\nnext"
    check = Check(name="errors", outcome="fail", measured=1, threshold=0, detail=said)
    page, summary = draw(verdict.model_copy(update={"checks": (check,)}), good)

    assert "<script>" not in page
    rows = [line for line in summary.splitlines() if line.startswith("| errors")]
    assert rows == [f"| errors | fail | 1 | 0 | {cell(said)} |"]


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
    draw: Draw, compared: Verdict, good: Measured, of: Contract, scored: tuple[Scored, ...], figures: list[str]
) -> None:
    measured = replace(good, scored=scored)
    page, _ = draw(compared, measured, measured, of)

    assert titles(page) == [*figures, "Latency", "Cold start"]
    for drawing in drawings(page):
        ET.fromstring(drawing)  # noqa: S314 -- our own


def test_checks_that_failed_stand_first_then_those_that_were_skipped(
    draw: Draw, verdict: Verdict, good: Measured
) -> None:
    outcomes: list[Outcome] = ["pass", "skip", "not_reached", "fail"]
    checks = tuple(Check(name=f"{one}_check", outcome=one, measured=None, threshold=None) for one in outcomes)
    page, summary = draw(verdict.model_copy(update={"status": "NOT_BLESSED", "checks": checks}), good)

    for table in (page.partition("<h2>Checks")[2], summary.partition("| check |")[2]):
        assert re.findall(r"(\w+)_check", table.replace("\\_", "_")) == ["fail", "not_reached", "skip", "pass"]
    assert ">not reached<" in page


@pytest.mark.parametrize(("status", "outcome"), [("NOT_BLESSED", "fail"), ("UNDECIDED", "undecided")])
def test_the_reason_stands_at_the_top(
    draw: Draw, verdict: Verdict, good: Measured, status: str, outcome: Outcome
) -> None:
    check = Check(name="accuracy_floor", outcome=outcome, measured=0.85, threshold=0.9, detail="170 of 200 samples")
    page, summary = draw(verdict.model_copy(update={"status": status, "checks": (check,)}), good)

    reason = "accuracy_floor 0.85 (required: 0.9): 170 of 200 samples"
    assert f"<li>{reason}</li>" in page.partition("<dl>")[0]
    assert f"- {cell(reason)}" in summary.partition("| check |")[0]
    assert "It is refused" in page.partition("<dl>")[0]
