"""What other versions of MLflow ask for than the one that is here, and bodies that none of them would send."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from azureml.core import Experiment, Run

Rest = Callable[..., requests.Response]


@pytest.fixture
def run(experiment: Experiment) -> Run:
    return experiment.start_logging(snapshot_directory=None, outputs=False)


@pytest.fixture
def ask(rest: Rest) -> Callable[..., Any]:
    """Asks an operation of a version of the plugin's addresses; answers the JSON of a request that is taken."""

    def send(method: str, path: str, body: object = None, *, version: str = "v2.0", **query: str) -> Any:
        # The scope of the workspace stands between both parts of the path.
        answer = rest(method, f"/mlflow/{version}", f"/api/2.0/{path}", json=body, params=query)
        return answer.json() if answer.status_code == 200 else answer

    return send


def test_a_model_is_logged_by_mlflow_2(ask: Callable[..., Any], run: Run) -> None:
    for name in ("first", "second"):
        ask("POST", "mlflow/runs/log-model", {"run_id": run.id, "model_json": json.dumps({"artifact_path": name})})
    logged = json.loads(run.get_tags()["mlflow.log-model.history"])
    assert [one["artifact_path"] for one in logged] == ["first", "second"]


def test_experiments_are_listed_by_mlflow_1(ask: Callable[..., Any], run: Run) -> None:
    found = ask("GET", "mlflow/experiments/list", version="v1.0", view_type="ALL")["experiments"]
    assert run.experiment.id in [one["experiment_id"] for one in found]


def test_a_batch_that_is_stored_when_it_is_answered(ask: Callable[..., Any], run: Run) -> None:
    metric = {"key": "loss", "value": "NaN", "timestamp": 1795740000000, "step": 0}
    batch = {"run_id": run.id, "metrics": [metric, metric | {"value": 1, "step": "1"}], "tags": [], "params": []}
    for _ in range(2):  # the same again, as after a lost answer, is no second value
        assert ask("POST", "preview/mlflow/runs/log-batch-async", batch) == {"batch_tracking_id": ""}
    assert str(run.get_metrics()["loss"]) == "[nan, 1.0]"
    assert ask("GET", "mlflow/runs/get", run_id=run.id)["run"]["data"]["metrics"][0]["value"] == 1.0


def test_a_logged_model(ask: Callable[..., Any], run: Run) -> None:
    made = ask("POST", "mlflow/logged-models", {"experiment_id": "0", "name": "m", "source_run_id": run.id})["model"]
    path = f"mlflow/logged-models/{made['info']['model_id']}"
    ask("PATCH", f"{path}/tags", {"tags": [{"key": "a", "value": "b"}]})
    ask("POST", f"{path}/params", {"params": [{"key": "c", "value": "d"}]})
    found = ask("GET", path)["model"]
    assert (found["info"]["tags"], found["data"]["params"]) == (
        [{"key": "a", "value": "b"}],
        [{"key": "c", "value": "d"}],
    )
    again = ask("POST", "mlflow/logged-models", {"experiment_id": "0", "name": "m", "source_run_id": run.id})["model"]
    assert again["info"]["artifact_uri"].startswith(f"{made['info']['artifact_uri']}-m-")
    refused = ask("POST", "mlflow/logged-models", {"experiment_id": "0", "name": "m"})
    assert (refused.status_code, refused.json()["error_code"]) == (400, "NOT_IMPLEMENTED")


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("runs/get", {}, "does not have the operation POST"),
        ("runs/update", {}, "lacks 'run_id'"),
        ("runs/update", {"status": "DONE"}, "status must be one of"),
        ("runs/update", {"status": ["FINISHED"]}, "status must be a text"),
        ("runs/update", {"status": "FINISHED", "end_time": "x"}, "end_time must be milliseconds"),
        ("runs/update", {"status": "FINISHED", "end_time": 10**30}, "end_time must be milliseconds"),
        ("runs/log-metric", {"key": "a", "value": "x"}, "must be a number"),
        ("runs/log-metric", {"key": "a", "value": True}, "must be a number"),
        ("runs/log-metric", {"key": "a", "value": 10**400}, "is too large"),
        ("runs/log-metric", {"key": 1, "value": 1}, "key must be a text"),
        ("runs/log-metric", {"key": "a", "value": 1, "step": 0.5}, "must be a whole number"),
        ("runs/log-metric", {"key": "a", "value": 1, "step": 2**63}, "must be a whole number of at most 64 bits"),
        ("runs/log-metric", {"key": "a", "value": 1, "timestamp": "soon"}, "timestamp must be milliseconds"),
        ("runs/log-parameter", {"key": "a", "value": "x" * 6001}, "has 6001 characters, at most 6000"),
        ("runs/set-tag", {"key": "a", "value": {}}, "value must be a text"),
        ("runs/log-batch", {"metrics": {"a": 1}}, "metrics must be a list"),
        ("runs/search", {"experiment_ids": 1}, "experiment_ids must be a list"),
        ("runs/search", {"order_by": ["tags.a", 5]}, "order_by[1] must be a text"),
        ("runs/search", {"filter": "metrics.a"}, "is not KEY OPERATOR VALUE"),
        ("runs/search", {"filter": "a = 'b' or a = 'c'"}, "lacks an 'and' before"),
        ("runs/search", {"filter": "metrics.a > 'x'"}, "'a' is a number"),
        ("runs/search", {"filter": "colour.a = 'x'"}, "'colour' of 'colour.a' is not one of"),
        ("runs/search", {"filter": "a" * 10_001}, "has 10001 characters"),
        ("runs/search", {"order_by": ["metrics.a UPWARDS"]}, "is not KEY, KEY ASC or KEY DESC"),
        ("runs/search", {"page_token": "x"}, "page_token must be a whole number"),
        ("runs/search", {"max_results": -1}, "max_results must be a whole number"),
        ("runs/search", {"run_view_type": "NONE"}, "the view type 'NONE' is not one of"),
        ("runs/create", {"experiment_id": "none"}, "experiment with id 'none' not found"),
        ("model-versions/create", {"name": "none", "source": "x"}, "registered model 'none' not found"),
        ("model-versions/create", {"name": "none", "source": "x", "run_id": 5}, "run_id must be a text"),
        ("logged-models/search", {"order_by": ["name"]}, "order_by[0] must be an object"),
        ("registered-models/create", {"name": "../up"}, "the model name '../up' is not"),
        ("experiments/create", {"name": " "}, "the name of an experiment is empty"),
        ("experiments/create", {"name": "a", "artifact_location": "s3://b"}, "does not have an artifact_location"),
    ],
)
def test_what_is_refused_says_why(ask: Callable[..., Any], run: Run, path: str, body: Any, message: str) -> None:
    needs_run = path.startswith("runs/") and "lacks" not in message
    refused = ask("POST", f"mlflow/{path}", body | ({"run_id": run.id} if needs_run else {}))
    assert refused.status_code in (400, 404)
    assert message in refused.json()["message"]
    assert refused.json()["error_code"] in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "NOT_IMPLEMENTED")


def test_files_of_a_run_that_is_not_there(rest: Rest) -> None:
    for path in ("", "/contentinfo?path=a"):
        missing = rest("GET", "/history/v1.0", f"/experiments/e/runs/none/artifacts{path}")
        assert missing.status_code == 404


@pytest.mark.parametrize("paths", ["a", [5], [{"path": 5}], [{"path": "../up"}]])
def test_files_that_are_announced_in_another_shape(rest: Rest, run: Run, paths: object) -> None:
    where = f"/experiments/{run.experiment.name}/runs/{run.id}/artifacts/batch/metadata"
    refused = rest("POST", "/history/v1.0", where, json={"paths": paths})
    assert (refused.status_code, "paths" in refused.json()["message"]) == (400, True)


def test_numbers_that_mlflow_has_not(ask: Callable[..., Any], rest: Rest, run: Run) -> None:
    """A whole number of any size, as other clients may log it, and a time before the year 1000."""
    batch = {"values": [{"name": "large", "columns": {}, "value": [{"data": {"large": -(10**400)}}]}]}
    assert rest("POST", "/metric/v2.0", f"/runs/{run.id}/batch", json=batch).status_code == 200
    ask(
        "POST", "mlflow/runs/log-metric", {"run_id": run.id, "key": "old", "value": 1, "timestamp": -60_000_000_000_000}
    )
    metrics = ask("POST", "mlflow/runs/search", {"experiment_ids": [run.experiment.id]})["runs"][0]["data"]["metrics"]
    found = {metric["key"]: (metric["value"], metric["timestamp"]) for metric in metrics}
    assert found["large"][0] == "-Infinity"
    assert found["old"] == (1.0, -60_000_000_000_000)
