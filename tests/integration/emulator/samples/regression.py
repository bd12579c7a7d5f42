"""A model and an entry script that take the place of the notebooks' scikit-learn ones: the sum of a row, times ten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

SCORE = """
import json, os, time

def init():
    global factor
    print("model initialized " + time.strftime("%H:%M:%S"))
    with open(os.path.join(os.getenv("AZUREML_MODEL_DIR"), "sklearn_regression_model.pkl")) as file:
        factor = int(file.read())

def run(raw_data):
    try:
        return [sum(row) * factor for row in json.loads(raw_data)["data"]]
    except Exception as error:
        return str(error)
"""
SAMPLE = bytes('{"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]]}', encoding="utf8")
PREDICTION = [550, 550]


def write_regression(notebook: Callable[..., Path]) -> None:
    notebook("sklearn_regression_model.pkl", "10")
    notebook("score.py", SCORE)
