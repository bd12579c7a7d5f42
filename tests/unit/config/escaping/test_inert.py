import os

import pytest

from config.escaping.inert import inert, inert_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("over\rwritten\b", r"over\x0dwritten\x08".replace(r"\x0d", r"\r")),
        ("\x9b2J", r"\x9b2J"),
        ("\x1b]8;;http://x\x07", r"\x1b]8;;http://x\x07"),
        ("photo\u202egpj.exe", r"photo\u202egpj.exe"),
        (os.fsdecode(b"caf\xe9.jpg"), r"caf\xe9.jpg"),
        ("\ud83d alone", r"\ud83d alone"),
    ],
)
def test_what_would_act_is_written_as_its_escape(text: str, shown: str) -> None:
    assert inert(text) == shown
    inert(text).encode()  # which any output takes


def test_what_people_write_stays() -> None:
    text = "naïve 模型 👩‍🚀 عربى\n\tC:\\new"
    assert inert(text) == text


def test_a_newline_forges_no_line() -> None:
    assert inert_line("cat\nerror: all is lost\t") == r"cat\nerror: all is lost\t"
