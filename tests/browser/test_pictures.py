"""The README's photographs: as much of a page as is named, and no more."""

import io
from pathlib import Path

import pytest
from PIL import Image

from docs.pictures.browser import MARGIN, WIDTH, photograph

pytestmark = pytest.mark.slow
PAGE = '<body style="margin: 0"><div id="top" style="height: 1500px; background: #00f">one</div><div>two</div>'


@pytest.mark.usefixtures("chromium")
def test_a_photograph_ends_below_what_is_named(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"<!doctype html>{PAGE}")

    with Image.open(io.BytesIO(photograph([(tmp_path / "page.html").as_uri()], until="#top"))) as picture:
        assert picture.size == (WIDTH, 1500 + MARGIN)
        assert picture.mode == "P"
        assert picture.convert("RGB").getpixel((WIDTH // 2, 1000)) == (0, 0, 255)
