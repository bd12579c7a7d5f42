import json

import pytest

from benchmarks.serving.encoding import encoders


pytest.importorskip("ujson", reason="needs the bench extra")


def test_both_encoders_write_the_same_answer() -> None:
    ours, classic = (json.loads(encode()) for encode in encoders().values())

    assert ours["class"] == classic["class"]
    assert ours["probabilities"] == pytest.approx(classic["probabilities"])
