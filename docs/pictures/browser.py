"""Photographs of pages, by Chromium, small enough for a README."""

import io
import shutil
import sys
from collections.abc import Sequence

from PIL import Image

COMMANDS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars")
WIDTH, HEIGHT = 1280, 900  # pixels
MARGIN = 24  # pixels
COLOURS = 128
"""Of the palette; pages have few."""


def find() -> str:
    """The browser's command. Ends the program where there is none."""
    command = next(filter(None, map(shutil.which, COMMANDS)), None)
    return command or sys.exit("error: needs Chromium: apt-get install chromium")


def photograph(addresses: Sequence[str], until: str) -> bytes:
    """The last of these pages, after the others were opened, in light colours: a PNG.

    From its top to the end of the first element that the selector ``until`` finds.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find(), headless=False, args=FLAGS)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        for address in addresses:
            page.goto(address)
        end = page.locator(until).first.evaluate("(element) => element.getBoundingClientRect().bottom")
        page.set_viewport_size({"width": WIDTH, "height": round(end) + MARGIN})
        picture = page.screenshot()
        browser.close()
    return _small(picture)


def _small(picture: bytes) -> bytes:
    with Image.open(io.BytesIO(picture)) as image:
        few = image.convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    file = io.BytesIO()
    few.save(file, "PNG", optimize=True)
    return file.getvalue()
