"""Text from outside in Markdown, where it starts no markup: reports, and summaries of a workflow's jobs."""

import re
from collections.abc import Mapping, Sequence

from config.escaping.inert import inert


def cell(text: str) -> str:
    """Text that stays within one cell of a table, or one line."""
    text = inert(text)
    return " ".join(re.sub(r"([\\`*_|<>\[\]])", r"\\\1", text).split())


def fenced(text: str) -> str:
    """Text as it is, line by line, in a block that nothing in it can end."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{inert(text.rstrip())}\n{fence}"


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows under the keys of the first; none at all without rows."""
    if not rows:
        return ""
    head, rule = _row(rows[0]), _row(["---"] * len(rows[0]))
    return "\n".join([head, rule, *(_row([cell(str(value)) for value in row.values()]) for row in rows)])


def _row(cells: "Sequence[str] | Mapping[str, object]") -> str:
    return f"| {' | '.join(cells)} |"
