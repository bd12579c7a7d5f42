import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.runs.metrics.queries import query_metrics
from azureml_emulator.azure.runs.metrics.shapes import Batch, Filter, Question
from azureml_emulator.azure.runs.metrics.values import append, definitions, metric_of
from azureml_emulator.errors import NotSupported
from azureml_emulator.server.requests.body import read_json, read_object
from azureml_emulator.server.requests.shapes import checked
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import page


class MetricResponse(JSONResponse):
    """JSON that may hold NaN and Infinity, as the SDK writes and reads them: a loss that diverges is logged, too."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode()


async def post_metrics(request: Request) -> JSONResponse:
    store, run_id = workspace_of(request).store, request.path_params["run"]
    body = checked(Batch, await read_json(request, allow_nan=True))
    with store.transaction():
        for metric in body["values"]:
            append(store, run_id, metric)
    return JSONResponse({"errors": []})


async def list_metrics(request: Request) -> JSONResponse:
    return JSONResponse(
        page(
            {
                "metricKey": {"metricKey": metric["name"], "name": metric["name"], "finalMetric": metric["name"]},
                "columns": metric["columns"],
            }
            for metric in definitions(workspace_of(request).store, request.path_params["run"])
        )
    )


async def get_metric(request: Request) -> JSONResponse:
    body = await read_object(request, Question)
    name = body["metricName"]
    if limits := {"metricNamespace", "startTime", "endTime"} & {key for key, value in body.items() if value}:
        raise NotSupported(f"the {', '.join(sorted(limits))} of a metric")
    metric = metric_of(workspace_of(request).store, request.path_params["run"], name)
    return MetricResponse(metric | {"continuationToken": None})


async def query(request: Request) -> JSONResponse:
    """Of any experiment: runs are known by their ids."""
    expression = (await read_object(request, Filter)).get("filter") or ""
    return MetricResponse(page(query_metrics(workspace_of(request).store, expression)))


_BASE = "/metric/v2.0/runs/{run}"
routes = [
    Route(_BASE + "/batch", post_metrics, methods=["POST"]),
    Route(_BASE + "/list", list_metrics, methods=["POST"]),
    Route(_BASE + "/full", get_metric, methods=["POST"]),
    Route("/history/v1.0/experiments/{experiment}/metrics:query", query, methods=["POST"]),
]
