import json

import numpy as np

from scoring.answer import Answer


def test_answer_as_json() -> None:
    answer = Answer(1, np.array([0.25, 0.75], np.float32))
    assert json.loads(answer.to_json()) == {"class": 1, "probability": 0.75, "probabilities": [0.25, 0.75]}
