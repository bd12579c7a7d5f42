"""How well text stands out on a page, by WCAG 2's relative luminance, wherever there is text: in HTML and in SVG."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

AA = 4.5
"""WCAG 2.2, success criterion 1.4.3: of text that isn't large."""

# What text is drawn in: its colour, or in SVG its fill; and the nearest ground that isn't transparent.
COLOURS = """() => [...document.querySelectorAll("body, body *")].flatMap((element) => {
  const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join("").trim();
  if (!text || !element.checkVisibility() || element.matches("script, style")) return [];
  if (element.style.fill && element.style.fill !== "currentcolor") return [];
  const { color, fill } = getComputedStyle(element), clear = (one) => one === "rgba(0, 0, 0, 0)";
  let ground = element;
  while (ground.parentElement && clear(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
  return [[element.closest("svg") ? fill : color, getComputedStyle(ground).backgroundColor, text]];
})"""


def faint_texts(page: Page) -> list[tuple[str, float]]:
    """Texts whose contrast is below AA, with it. Those in an ink of their own within a plot are the plot's to prove."""
    found = page.evaluate(COLOURS)
    assert found, "there is no text"
    contrasts = [(text, contrast(colour, ground)) for colour, ground, text in found]
    return [(text, value) for text, value in contrasts if value < AA]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    shares = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
