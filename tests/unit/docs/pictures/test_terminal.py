import re
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from docs.pictures.terminal import closing, draw


def printed() -> str:
    console = Console(force_terminal=True, width=80, color_system="truecolor")
    with console.capture() as capture:
        console.print(Table("step", "status", title="Running"))
        console.print(Panel("[green]BLESSED[/] <b>", title="released"))
        console.print("query it  amlgpu query IMAGE.jpg")
    return capture.get()


def test_what_goes_on_before_the_panel_is_left_out() -> None:
    end = closing(printed())

    assert "Running" not in end
    assert end.endswith("amlgpu query IMAGE.jpg")
    assert "released" in end.splitlines()[0]


def test_without_a_panel_there_is_no_picture() -> None:
    with pytest.raises(ValueError, match="no panel"):
        closing("Traceback")


def test_the_picture_shows_the_text_and_fetches_nothing() -> None:
    drawn = draw(closing(printed()), "amlgpu run")

    texts = "".join(one.text or "" for one in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text"))  # noqa: S314 -- our own
    assert "BLESSED" in texts
    assert "<b>" in texts
    assert not re.findall(r"url\((?!#)|@font-face|@import|href", drawn)
