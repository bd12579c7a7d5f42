"""A service's page in Chromium: it is tried with files and text, its key is shown, what it prints works when pasted."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from PIL import Image

from tests.browser.conftest import Filled
from tests.browser.contrast import faint_texts

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow
DROP = """([name, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type: "image/png" }));
  const event = new DragEvent("drop", { dataTransfer, cancelable: true, bubbles: true });
  document.getElementById("drop").dispatchEvent(event);
}"""


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.linear_gradient("L").save(tmp_path / "seven.png")
    return tmp_path / "seven.png"


def open_service(page: Page, filled: Filled) -> None:
    page.goto(f"{filled.base}/services")
    page.get_by_role("link", name="digits", exact=True).click()
    page.wait_for_url("**/studio/services/digits")


def assert_names_and_bars(page: Page) -> None:
    from playwright.sync_api import expect

    answer = page.locator("#answer")
    expect(answer).to_contain_text("200 OK after")
    expect(answer.get_by_role("link", name="digits:1")).to_be_visible()
    expect(answer.locator(".said")).to_have_text("<i>seven</i>")
    expect(answer.locator(".bars tr")).to_have_text(["<i>seven</i>0.7500", "one0.2500"])
    likely, other = answer.locator(".share").evaluate_all(
        "bars => bars.map((bar) => bar.getBoundingClientRect().width)"
    )
    assert likely == pytest.approx(3 * other, rel=0.1)
    picture = page.get_by_role("img", name="seven.png")
    expect(picture).to_be_visible()
    assert picture.evaluate("canvas => canvas.getContext('2d').getImageData(0, canvas.height - 1, 1, 1).data[0]") > 200


def test_a_file_is_chosen(page: Page, filled: Filled, picture: Path) -> None:
    open_service(page, filled)
    page.get_by_label("Choose a file").set_input_files(picture)
    assert_names_and_bars(page)


def test_a_file_is_dropped(page: Page, filled: Filled, picture: Path) -> None:
    open_service(page, filled)
    page.evaluate(DROP, [picture.name, base64.b64encode(picture.read_bytes()).decode()])
    assert_names_and_bars(page)


def test_the_services_own_example_is_sent_by_keyboard(page: Page, filled: Filled) -> None:
    from playwright.sync_api import expect

    open_service(page, filled)
    text = page.get_by_label("Or a body, as JSON")
    assert json.loads(text.input_value()) == {"instances": [[1.5, 2], [40, 2]]}
    text.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#answer .said")).to_have_text(["3.5 kg", "42 kg"])
    text.fill("what is this?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#answer")).to_contain_text("400 Bad Request after")
    expect(page.locator("#answer pre")).to_contain_text('"neither an image nor rows"')


def test_send_sends_the_chosen_file_until_something_is_typed(page: Page, filled: Filled, picture: Path) -> None:
    from playwright.sync_api import expect

    open_service(page, filled)
    chosen, text = page.get_by_label("Choose a file"), page.get_by_label("Or a body, as JSON")
    text.fill("")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#answer")).to_have_text("There is nothing to send: choose a file, or type a body.")
    chosen.set_input_files(picture)
    assert_names_and_bars(page)
    with page.expect_request("**/test") as sent:
        page.get_by_role("button", name="Send").click()
    assert sent.value.headers["content-type"] == "image/png"
    assert_names_and_bars(page)
    text.fill('{"instances": [[1, 2]]}')
    assert chosen.input_value() == ""
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#answer .said")).to_have_text(["3 kg"])


def test_a_dropped_file_is_sent_again(page: Page, filled: Filled, picture: Path) -> None:
    open_service(page, filled)
    page.evaluate(DROP, [picture.name, base64.b64encode(picture.read_bytes()).decode()])
    assert_names_and_bars(page)
    assert page.get_by_label("Choose a file").input_value().endswith("seven.png")
    with page.expect_request("**/test") as sent:
        page.get_by_role("button", name="Send").click()
    assert sent.value.headers["content-type"] == "image/png"
    assert_names_and_bars(page)


def test_every_class_is_named_where_the_service_describes_them(page: Page, filled: Filled) -> None:
    from playwright.sync_api import expect

    open_service(page, filled)
    page.get_by_label("Or a body, as JSON").fill('{"instances": ["seven"]}')
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#answer .bars tr")).to_have_text(["<i>seven</i>0.7500", "one0.2500"])


def test_a_text_is_sent_in_the_services_own_form(page: Page, filled: Filled) -> None:
    """Where it takes one: as the page of a service of texts says it."""
    open_service(page, filled)
    text = page.get_by_label("Or a body, as JSON")
    text.evaluate("""text => (text.dataset.example = '{"instances": ["some text"]}')""")
    for typed, body in (
        ("[sic] good", {"instances": ["[sic] good"]}),
        ("42", {"instances": ["42"]}),
        ('{"instances": ["seven"]}', {"instances": ["seven"]}),
    ):
        text.fill(typed)
        with page.expect_request("**/test") as sent:
            page.get_by_role("button", name="Send").click()
        assert sent.value.post_data_json == body
        assert sent.value.headers["content-type"] == "application/json"


def test_what_is_too_long_is_not_sent(page: Page, filled: Filled, picture: Path) -> None:
    from playwright.sync_api import expect

    open_service(page, filled)
    page.locator("#test").evaluate("test => test.dataset.limit = '100'")
    page.get_by_label("Choose a file").set_input_files(picture)
    expect(page.locator("#answer")).to_contain_text("seven.png is longer than")


def test_what_is_shown_works_when_pasted(page: Page, filled: Filled) -> None:
    from playwright.sync_api import expect

    open_service(page, filled)
    export = page.locator("#export")
    expect(export).to_have_text("export SCORING_KEY='the key'")
    page.get_by_role("button", name="Show the key").click()
    expect(page.get_by_role("button", name="Hide the key")).to_be_visible()
    curl, python = page.locator("#curl").inner_text(), page.locator("#python").inner_text()
    key = export.inner_text()
    for snippet in (curl.replace("curl ", "curl -sS ", 1), f"{sys.executable} - <<'END'\n{python}\nEND"):
        pasted = f"{key}\n{snippet}\n"
        ended = subprocess.run(["/bin/bash"], input=pasted, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        assert [answer["value"] for answer in json.loads(ended.stdout)["predictions"]] == [3.5, 42]
    page.get_by_role("button", name="Hide the key").click()
    expect(export).to_have_text("export SCORING_KEY='the key'")


def test_copy(page: Page, filled: Filled) -> None:
    from playwright.sync_api import expect

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_service(page, filled)
    page.get_by_role("button", name="Copy: curl").click()
    expect(page.locator("[data-copy=curl]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").strip() == page.locator("#curl").inner_text().strip()


def test_from_a_service_to_its_log_and_its_model_and_back(page: Page, filled: Filled) -> None:
    from playwright.sync_api import expect

    open_service(page, filled)
    page.get_by_role("link", name="digits:1").click()
    page.wait_for_url("**/studio/models#digits%3A1")
    page.get_by_role("link", name="digits", exact=True).click()
    page.get_by_role("link", name="replica-").first.click()
    expect(page.locator("body")).to_contain_text("ready <b>")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_answer_fits_and_stands_out(
    page: Page, filled: Filled, picture: Path, scheme: Literal["light", "dark"]
) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(color_scheme=scheme)
    open_service(page, filled)
    page.get_by_role("button", name="Show the key").click()
    page.get_by_label("Choose a file").set_input_files(picture)
    assert_names_and_bars(page)
    for summary in page.locator("#answer summary").all():
        summary.click()
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert faint_texts(page) == []


def test_a_refusal_does_not_look_like_a_crash(page: Page, filled: Filled) -> None:
    from playwright.sync_api import expect

    page.goto(f"{filled.base}/runs")
    row = page.get_by_role("row").filter(has_text="refused: <b>accuracy</b> 0.4 (required: 0.9)")
    expect(row).to_contain_text("Refused")
    expect(row.get_by_role("link", name="digits:1")).to_be_visible()
    page.goto(f"{filled.base}/runs/{filled.chain}")
    expect(page.locator("#said")).to_have_text("■ Refused 3 of 4 steps completed")
    expect(page.locator("#error .reason")).to_have_text("refused: <b>accuracy</b> 0.4 (required: 0.9)")
    expect(page.locator("#error pre")).to_be_hidden()
    expect(page.locator("#graph a.node.stopped")).to_have_attribute("aria-label", "smoke: Refused")
    page.get_by_text("How it ended").click()
    expect(page.locator("#error pre")).to_contain_text("a step failed")


def test_the_report_of_a_step(page: Page, filled: Filled) -> None:
    from playwright.sync_api import expect

    page.goto(f"{filled.base}/runs/{filled.chain}")
    page.get_by_role("link", name="report.html").click()
    expect(page.get_by_role("heading", name="as it came out")).to_be_visible()
    assert page.evaluate("self.origin") == "null"  # a site of its own: nothing of the studio's is within its reach
