import json

import pytest

from benchmarks.serving.encoding import encoders


def test_both_encoders_write_the_same_answer() -> None:
    pytest.importorskip("ujson", reason="needs the bench extra")
    ours, classic = (json.loads(encode()) for encode in encoders().values())

    assert ours["class"] == classic["class"]
    assert ours["probabilities"] == pytest.approx(classic["probabilities"])
