"""Validation's report in Chromium: all five tasks, refused beside production and released for the first time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from tests.browser.conftest import FLAGS
from tests.browser.contrast import faint_texts
from tests.browser.reports import write_reports

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
PHONE, TABLET, DESK = 390, 700, 1280
ROOT = "document.documentElement"
SCROLLED = """(table) => new Promise((done) => {
  if (table.scrollLeft > 0) done(true);
  table.addEventListener("scroll", () => done(true), { once: true });
})"""


@pytest.fixture(scope="module")
def reports(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_reports(tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, headless=False, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """What is refused by the page's own policy, or asked of a network, fails the test."""
    page = browser.new_page()
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("request", lambda request: seen.append(request.url))
    yield page
    page.close()
    assert [one for one in seen if not one.startswith(("file:", "data:image/jpeg;base64,"))] == []


def show(page: Page, report: Path, width: int = DESK) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(report.as_uri())


def test_nothing_is_executed(page: Page, reports: dict[str, Path]) -> None:
    for report in reports.values():
        show(page, report)
        assert page.evaluate("window.hacked") is None
        assert page.evaluate("document.scripts.length") == 0
        assert page.locator("h1").count() == 1


def test_verdict_and_reason_are_in_the_first_screen(page: Page, reports: dict[str, Path]) -> None:
    for report in reports.values():
        show(page, report, PHONE)
        height = "(one) => one.getBoundingClientRect().bottom"
        assert page.locator("h1").evaluate(height) < 800
        assert page.locator("header :is(li, p)").first.evaluate(height) < 800


@pytest.mark.parametrize("width", [PHONE, TABLET, DESK])
def test_no_report_is_wider_than_the_window(page: Page, reports: dict[str, Path], width: int) -> None:
    for name, report in reports.items():
        show(page, report, width)
        assert page.evaluate(f"{ROOT}.scrollWidth <= {ROOT}.clientWidth"), name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(
    page: Page, reports: dict[str, Path], scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    for name, report in reports.items():
        for width in (PHONE, DESK):
            show(page, report, width)
            assert faint_texts(page) == [], name


def test_on_paper_a_dark_page_is_white(page: Page, reports: dict[str, Path]) -> None:
    page.emulate_media(color_scheme="dark", media="print")
    show(page, reports["classification, refused"])
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert faint_texts(page) == []


def test_samples_are_shown_with_truth_answer_and_production(page: Page, reports: dict[str, Path]) -> None:
    show(page, reports["classification, refused"])
    samples = page.locator(".sample")
    assert 1 < samples.count() <= 24
    for place in range(samples.count()):
        assert samples.nth(place).locator("img").evaluate("(image) => image.complete && image.naturalWidth > 0")
        said = samples.nth(place).inner_text()
        assert all(word in said for word in ("true", "answered", "production"))


@pytest.mark.parametrize("task", ["binary", "regression", "tensors"])
def test_a_wide_table_is_scrolled_by_keyboard(page: Page, reports: dict[str, Path], task: str) -> None:
    show(page, reports[f"{task}, refused"], TABLET)
    table = page.locator(".scroll").first
    assert table.evaluate("(table) => table.scrollWidth > table.clientWidth")
    table.focus()
    page.keyboard.press("ArrowRight")
    assert table.evaluate(SCROLLED)


@pytest.mark.parametrize("task", ["binary", "regression", "tensors"])
def test_on_a_phone_all_of_a_sample_is_seen_without_scrolling(page: Page, reports: dict[str, Path], task: str) -> None:
    show(page, reports[f"{task}, refused"], PHONE)
    table = page.locator(".scroll").first
    assert table.evaluate("(table) => table.scrollWidth <= table.clientWidth")
    named = "(cells) => cells.map((cell) => [cell.dataset.name, getComputedStyle(cell, '::before').content])"
    said = dict(table.locator("tbody tr").nth(1).locator("td[data-name]").evaluate_all(named))
    assert {"true", "answered", "production"} <= said.keys()
    assert all(name in content for name, content in said.items())
