"""What a command prints on a terminal, as an SVG that needs no other file."""

import io
import re

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from rich.text import Text

COLUMNS = 80
CORNER = "╭"
"""Begins a panel; the tables of what goes on before have other corners."""
FONT_FACE = re.compile(r"@font-face {{.*?}}\s*", re.DOTALL)
"""rich names a font on somebody's server; a picture in a README may fetch nothing."""


def closing(printed: str) -> str:
    """From the last panel to the end. ValueError when there is none."""
    start = printed.rfind(CORNER)
    if start < 0:
        raise ValueError(f"no panel in what was printed: {printed[-500:]}")
    return printed[printed.rfind("\n", 0, start) + 1 :].rstrip()


def draw(printed: str, title: str) -> str:
    """Text with a terminal's escape sequences, in rich's light theme; longer lines are folded, as a terminal does."""
    text = Text.from_ansi(printed)
    console = Console(record=True, file=io.StringIO(), width=COLUMNS, color_system="truecolor")
    for line in text.split(allow_blank=True):
        pieces = [line[start : start + COLUMNS] for start in range(0, max(1, line.cell_len), COLUMNS)]
        for piece in pieces:
            console.print(piece, soft_wrap=True)
    frame = FONT_FACE.sub("", CONSOLE_SVG_FORMAT)
    return console.export_svg(title=title, theme=DEFAULT_TERMINAL_THEME, code_format=frame, unique_id="panel")
