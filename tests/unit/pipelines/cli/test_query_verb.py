"""What `amlgpu query` shows in a row of its table."""

from pipelines.cli.answers import LONGEST_ANSWER, row
from pipelines.live.query import Answer


def test_an_answer_that_is_cut_says_so() -> None:
    short = row(Answer("rows.json", {"predictions": ["Bär"]}, "pets:1", "CPU:0"))
    assert short["answer"] == '{"predictions": ["Bär"]}'
    long = str(row(Answer("rows.json", {"predictions": [0] * LONGEST_ANSWER}, "pets:1", "CPU:0"))["answer"])
    assert long.endswith("… (--json: all of it)")
