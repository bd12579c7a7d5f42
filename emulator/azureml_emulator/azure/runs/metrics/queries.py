"""Values of metrics of several runs, as the widget RunDetails asks for them: those that are new, each on its own."""

import re
from collections import defaultdict
from collections.abc import Iterator

from azureml_emulator.azure.runs.metrics.values import definitions, metric_of
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.state.store import Store
from azureml_emulator.wire import Document, moment

_KEYS = "RunId|MetricType|Name|CreatedUtc"
_PART = re.compile(
    rf"(?P<key>{_KEYS}) (?P<operator>eq|gt) (?P<value>.+?)(?= (?:and|or) (?:{_KEYS}) |$)(?: and | or )?", re.IGNORECASE
)
Asked = dict[str, list[str]]


def query_metrics(store: Store, expression: str) -> list[Document]:
    """The values that a filter asks for. Raises NotSupported for one of another form than the SDK's, or BadRequest."""
    asked = _parsed(expression)
    if not asked["runid"]:
        raise NotSupported(f"the filter '{expression}' of metrics: it names no run")
    return [value for run_id in asked["runid"] for value in _of_run(store, run_id, asked)]


def _parsed(expression: str) -> Asked:
    """The SDK joins without parentheses or quotes: several values of a key are alternatives, all keys must hold."""
    asked: Asked = defaultdict(list)
    text = expression.strip()
    text = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    while text:
        part = _PART.match(text)
        if part is None or (part["operator"].lower() == "gt") is not (part["key"].lower() == "createdutc"):
            raise NotSupported(f"the filter '{text}' of metrics")
        asked[part["key"].lower()].append(part["value"])
        text = text[part.end() :]
    return asked


def _of_run(store: Store, run_id: str, asked: Asked) -> Iterator[Document]:
    since = max((_moment(text) for text in asked["createdutc"]), default=None)
    for definition in definitions(store, run_id):
        kind = (definition.get("properties") or {}).get("uxMetricType")
        if asked["metrictype"] and kind not in asked["metrictype"]:
            continue
        if asked["name"] and definition["name"] not in asked["name"]:
            continue
        for value in metric_of(store, run_id, definition["name"])["value"]:
            if since is None or _moment(value["createdUtc"]) > since:
                yield _view(run_id, definition, kind, value)


def _view(run_id: str, definition: Document, kind: str | None, value: Document) -> Document:
    columns = [{"propertyId": name, "name": name, "type": type_} for name, type_ in definition["columns"].items()]
    artifacts = [text for text in map(str, value["data"].values()) if text.startswith("aml://")]
    return {
        "runId": run_id,
        "metricId": value["metricId"],
        "metricType": kind,
        "createdUtc": value["createdUtc"],
        "name": definition["name"],
        "description": "",
        "numCells": 1,
        "cells": [value["data"]],
        "schema": {"numProperties": len(columns), "properties": columns},
        "dataLocation": artifacts[0] if artifacts else None,
    }


def _moment(text: str) -> float:
    try:
        return moment(text).timestamp()
    except ValueError:
        raise BadRequest(f"'{text}' is not a time") from None
