"""A link of one page into another leads to a heading that is there."""

import re
from collections.abc import Iterator
from pathlib import Path

from docs.commands.places import FENCED, PAGES

LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def test_each_anchor_is_a_heading() -> None:
    lost = [f"{page.name}: {link}" for page in PAGES for link in _lost(page)]
    assert not lost, lost


def _lost(page: Path) -> Iterator[str]:
    for name, anchor in LINK.findall(FENCED.sub("", page.read_text())):
        if anchor not in _anchors(page.parent / name if name else page):
            yield f"{name}#{anchor}"


def _anchors(page: Path) -> set[str]:
    """As github.com makes them of headings: https://docs.github.com/get-started/writing-on-github"""
    headings = HEADING.findall(FENCED.sub("", page.read_text())) if page.is_file() else []
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
