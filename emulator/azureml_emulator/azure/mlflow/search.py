"""The runs that a search finds."""

from typing import Any

from azureml_emulator.azure.mlflow.filters import Values, ordered, parse
from azureml_emulator.azure.mlflow.metrics import latest, numbers
from azureml_emulator.azure.mlflow.run_documents import PARAMS, info_of, run_of, shown_tags
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_STAGES = {"ACTIVE_ONLY": ("active",), "DELETED_ONLY": ("deleted",), "ALL": ("active", "deleted")}
_MOST = 50_000
"""MLflow's own limit of a page."""


def search_runs(workspace: LocalWorkspace, query: Document) -> Document:
    """A page of the runs of some experiments, newest first unless an order is asked for."""
    wanted = query.get("experiment_ids") or []
    matches = parse(query.get("filter") or "")
    stages = stages_of(query.get("run_view_type"))
    runs = [run for run in reversed(workspace.store.all("run")) if run["experimentId"] in wanted]
    known = {run["runId"]: _values(workspace, run) for run in runs}
    found = [run for run in runs if known[run["runId"]]["attributes"]["lifecycle_stage"] in stages]
    found = [run for run in found if matches(known[run["runId"]])]
    by_start = ordered(found, ["start_time DESC"], lambda run: known[run["runId"]])
    found = ordered(by_start, query.get("order_by") or [], lambda run: known[run["runId"]])
    return page_of("runs", found, query, lambda run: run_of(workspace, run))


def stages_of(view: object) -> tuple[str, ...]:
    if view not in (None, *_STAGES):
        raise BadRequest(f"the view type {shortened(view)} is not one of {', '.join(_STAGES)}")
    return _STAGES[str(view or "ACTIVE_ONLY")]


def page_of(name: str, found: list[Any], query: Document, shown: Any) -> Document:
    """`max_results` from where `page_token`, a number, says."""
    start = whole(query.get("page_token") or 0, "page_token")
    most = whole(query.get("max_results") or 1000, "max_results")
    end = start + min(most, _MOST)
    rest = {"next_page_token": str(end)} if end < len(found) else {}
    return {name: [shown(one) for one in found[start:end]]} | rest


def whole(value: object, name: str) -> int:
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequest(f"{name} must be a whole number that is not negative, not {shortened(value)}")
    return int(text)


def _values(workspace: LocalWorkspace, run: Document) -> Values:
    metrics = numbers(latest(workspace.store, run["runId"]))
    return {
        "attributes": info_of(workspace, run),
        "tags": shown_tags(run),
        "params": run.get(PARAMS) or {},
        "metrics": metrics,
    }
