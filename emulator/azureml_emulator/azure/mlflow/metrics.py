"""Metrics of MLflow: each is a scalar of the run, the same that `run.log` writes and `run.get_metrics` reads."""

import hashlib
import math
import re

from azureml_emulator.azure.mlflow.times import milliseconds_of, text_of
from azureml_emulator.azure.runs.metrics.shapes import MOST_STEP
from azureml_emulator.azure.runs.metrics.values import append, definitions, metric_of
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.store import Store
from azureml_emulator.wire import Document, now

_SCALAR = {"uxMetricType": "azureml.v1.scalar"}
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""JSON of protocol buffers has these as texts."""


def log_metric(store: Store, run_id: str, sent: Document) -> None:
    """`sent` has key, value, timestamp (ms) and step. The same again is the same value: a client may try twice."""
    name = sent["key"]
    value, step = _number(sent.get("value"), name), _step(sent.get("step", 0))
    created = text_of(sent["timestamp"], "timestamp") if sent.get("timestamp") else now()
    identity = hashlib.sha256(repr((name, value, step, sent.get("timestamp"))).encode()).hexdigest()[:32]
    one = {"metricId": identity, "createdUtc": created, "step": step, "data": {name: value}}
    append(store, run_id, {"name": name, "columns": {name: "double"}, "properties": _SCALAR, "value": [one]})


def history_of(store: Store, run_id: str, name: str) -> list[Document]:
    """All values of a metric as MLflow has them, in the order in which they came. Raises NotFound."""
    return [found for value in metric_of(store, run_id, name)["value"] if (found := _as_mlflow(name, value))]


def latest(store: Store, run_id: str) -> list[Document]:
    """The last value of each metric that is a number: MLflow has no lists, tables or texts."""
    histories = [history_of(store, run_id, metric["name"]) for metric in definitions(store, run_id)]
    return [max(history, key=_moment) for history in histories if history]


def numbers(metrics: list[Document]) -> dict[str, float]:
    """Values by name, to compare."""
    return {metric["key"]: float(metric["value"]) for metric in metrics}


def _moment(metric: Document) -> tuple[int, int]:
    return metric["step"], metric["timestamp"]


def _as_mlflow(name: str, value: Document) -> Document | None:
    number = value["data"].get(name)
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    known = {repr(special): text for text, special in _NOT_FINITE.items()}
    number = _double(number)
    created = milliseconds_of(value.get("createdUtc")) or 0
    step = value.get("step")
    return {"key": name, "value": known.get(repr(number), number), "timestamp": created, "step": step or 0}


def _number(value: object, name: str) -> float:
    if isinstance(value, str) and value in _NOT_FINITE:
        return _NOT_FINITE[value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRequest(f"the value of metric '{name}' must be a number, not {shortened(value)}")
    if math.isinf(number := _double(value)) and isinstance(value, int):
        raise BadRequest(f"the value of metric '{name}' is too large")
    return number


def _double(number: float) -> float:
    """As MLflow has all numbers. Whole ones of any size may have come from other clients, and are infinite then."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _step(value: object) -> int:
    """Protocol buffers may write it as digits."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MOST_STEP:
        raise BadRequest(f"the step of a metric must be a whole number of at most 64 bits, not {shortened(value)}")
    return value
