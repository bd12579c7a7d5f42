"""How the service compares with the sample it grew from and with other model servers, on one machine and one model.

`python -m benchmarks.serving` starts one server after the other, in rounds, and loads each with the same JPEGs, or
with the same rows of numbers in the JSON form that is its own.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "benchmarks" / "cache"
"""What is made on demand and not checked in: models, requests, logs, results of partial runs."""
