import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from emulator.errors import NotSupported
from emulator.wire import Document, new_id, page
from emulator.workspace import workspace_of


class MetricResponse(JSONResponse):
    """JSON that may hold NaN and Infinity, as the SDK writes and reads them: a loss that diverges is logged, too."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode()


async def post_metrics(request: Request) -> JSONResponse:
    """Append values; one that is sent again by a retry is recognised by its id."""
    store, run_id = workspace_of(request).store, request.path_params["run"]
    metrics = store.find("metrics", run_id) or {}
    for sent in (await request.json())["values"]:
        _append(metrics, run_id, sent)
    store.put("metrics", run_id, metrics)
    return JSONResponse({"errors": []})


def _append(metrics: Document, run_id: str, sent: Document) -> None:
    name = sent["name"]
    empty = {"dataContainerId": f"dcid.{run_id}", "name": name, "columns": sent.get("columns") or {}, "value": []}
    metric = metrics.setdefault(name, empty | {"properties": sent.get("properties")})
    known = {value["metricId"] for value in metric["value"]}
    for value in sent["value"]:
        value["metricId"] = value.get("metricId") or new_id()
        if value["metricId"] not in known:
            metric["value"].append(value)


async def list_metrics(request: Request) -> JSONResponse:
    metrics = workspace_of(request).store.find("metrics", request.path_params["run"]) or {}
    return JSONResponse(
        page(
            {"metricKey": {"metricKey": name, "name": name, "finalMetric": name}, "columns": metric["columns"]}
            for name, metric in metrics.items()
        )
    )


async def get_metric(request: Request) -> JSONResponse:
    body = await request.json()
    name = body["metricName"]
    if limits := {"metricNamespace", "startTime", "endTime"} & {key for key, value in body.items() if value}:
        raise NotSupported(f"the {', '.join(sorted(limits))} of a metric")
    metrics = workspace_of(request).store.find("metrics", request.path_params["run"]) or {}
    metric = metrics.get(name) or workspace_of(request).store.get("metric", name)
    return MetricResponse(metric | {"continuationToken": None})


_BASE = "/metric/v2.0/runs/{run}"
routes = [
    Route(_BASE + "/batch", post_metrics, methods=["POST"]),
    Route(_BASE + "/list", list_metrics, methods=["POST"]),
    Route(_BASE + "/full", get_metric, methods=["POST"]),
]
