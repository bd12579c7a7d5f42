"""The studio page in Chromium: what happens live, what works by keyboard, what fits a phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from tests.browser.conftest import Filled
from tests.browser.contrast import faint_texts

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow
SIGNED_OUT = ("Not signed in", "azureml-emulator studio")


def submit(page: Page, filled: Filled, gate: Path, n: str = "1") -> None:
    """Start the pipeline that waits for its gate, and come to the page of its run."""
    page.goto(f"{filled.base}/pipelines/{filled.pipeline}")
    page.get_by_label("gate").fill(str(gate))
    page.get_by_label("n", exact=True).fill(n)
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/studio/runs/*")


def pages(filled: Filled) -> list[str]:
    lists = ["", "/runs", "/models", "/services", "/pipelines", "/schedules"]
    runs = [f"/runs/{filled.chain}", f"/runs/{filled.logged}"]
    return [*lists, *runs, "/services/digits", f"/pipelines/{filled.pipeline}", f"/endpoints/{filled.endpoint}"]


def test_a_run_is_followed_to_its_end(page: Page, filled: Filled, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    submit(page, filled, tmp_path / "gate", n="33")
    expect(page.locator("#said")).to_contain_text("Running 0 of 1 step completed")
    expect(page.locator("#tail")).to_contain_text("waiting for the gate <b>")
    page.evaluate("window.sameDocument = true")
    (tmp_path / "gate").touch()
    expect(page.locator("#said")).to_contain_text("Completed 1 of 1 step completed")
    expect(page.locator("#graph a.node.good")).to_have_attribute("aria-label", "wait: Completed")
    expect(page.locator("#tail")).to_contain_text("n = 33")
    expect(page.get_by_role("button", name="Run again")).to_be_visible()
    assert page.evaluate("window.sameDocument") is True


def test_a_log_is_read_while_it_grows(page: Page, filled: Filled, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    submit(page, filled, tmp_path / "gate", n="7")
    page.locator("#graph").get_by_role("link", name="wait: Running").click()
    log = page.locator("#log")
    expect(log).to_have_text("waiting for the gate <b>\n")
    page.evaluate("window.sameDocument = true")
    (tmp_path / "gate").touch()
    expect(log).to_have_text("waiting for the gate <b>\nn = 7\n")
    expect(page.locator("#said")).to_contain_text("Completed")
    assert page.evaluate("window.sameDocument") is True


def test_cancel(page: Page, filled: Filled, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    submit(page, filled, tmp_path / "never")
    expect(page.locator("#tail")).to_contain_text("waiting")
    page.get_by_role("button", name="Cancel this run").click()
    expect(page.locator("#said")).to_contain_text("Canceled")


def test_run_again(page: Page, filled: Filled, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    (tmp_path / "gate").touch()
    submit(page, filled, tmp_path / "gate", n="5")
    page.get_by_role("button", name="Run again").click()
    expect(page.locator("#said")).to_contain_text("Completed")
    expect(page.locator("#tail")).to_contain_text("n = 5")


def test_submit_to_an_endpoint_by_keyboard(page: Page, filled: Filled, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    (tmp_path / "gate").touch()
    page.goto(f"{filled.base}/endpoints/{filled.endpoint}")
    page.get_by_label("gate").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(str(tmp_path / "gate"))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Submit"
    page.keyboard.press("Enter")
    page.wait_for_url("**/studio/runs/*")
    expect(page.locator("#said")).to_contain_text("Completed")


def test_the_focus_is_seen_and_stays_where_it_was(page: Page, filled: Filled, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    submit(page, filled, tmp_path / "gate")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    step = page.locator("#steps").get_by_role("link", name="wait")
    expect(step).to_be_visible()
    step.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    focused = page.evaluate("document.activeElement.id")
    (tmp_path / "gate").touch()
    expect(page.locator("#said")).to_contain_text("Completed")
    assert page.evaluate("document.activeElement.id") == focused


def test_a_lost_workspace_is_told(page: Page, filled: Filled) -> None:
    from playwright.sync_api import expect

    page.route("**/studio", lambda route: route.abort())
    expect(page.get_by_role("alert")).to_contain_text("doesn't answer")
    page.unroute("**/studio")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_signed_out(page: Page, filled: Filled) -> None:
    from playwright.sync_api import expect

    page.goto(f"{filled.base}/models")
    page.context.clear_cookies()
    answer = page.goto(filled.base)
    assert answer is not None
    assert answer.status == 401
    for words in SIGNED_OUT:
        expect(page.locator("main")).to_contain_text(words)


def test_names_are_text(page: Page, filled: Filled) -> None:
    for path in pages(filled):
        page.goto(filled.base + path)
        assert page.evaluate("window.hacked") is None
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.scripts.length") == (2 if path == "/services/digits" else 1)


@pytest.mark.parametrize("width", [360, 1200])
def test_no_page_is_wider_than_the_window(page: Page, filled: Filled, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in pages(filled):
        page.goto(filled.base + path)
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page: Page, filled: Filled, scheme: Literal["light", "dark"]) -> None:
    """Contrast of at least 4.5 to 1, as WCAG AA asks, wherever there is text."""
    page.emulate_media(color_scheme=scheme)
    for path in pages(filled):
        page.goto(filled.base + path)
        assert faint_texts(page) == [], path
