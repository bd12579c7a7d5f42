from config.escaping.markdown import cell, fenced, table


def test_a_cell_of_a_table_is_one_line_without_markup() -> None:
    assert cell("a | b\n<b>*c*") == r"a \| b \<b\>\*c\*"


def test_no_line_of_a_text_ends_its_block() -> None:
    assert fenced("a\n```\n# b\n") == "````text\na\n```\n# b\n````"
    assert fenced("\x1b[31mred") == "```text\n\\x1b[31mred\n```"


def test_a_table_has_a_row_for_each() -> None:
    assert table([{"a": 1, "b": "x|y"}, {"a": None, "b": ""}]).splitlines() == [
        "| a | b |",
        "| --- | --- |",
        r"| 1 | x\|y |",
        "| None |  |",
    ]
    assert table([]) == ""
