"""What a request asks for beyond what its route looks at is refused, not passed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from azureml.core import Experiment

Rest = Callable[..., requests.Response]


@pytest.mark.parametrize(
    ("method", "service", "path", "query", "name"),
    [
        (
            "GET",
            "/artifact/v2.0",
            "/artifacts/ExperimentRun/dcid.none",
            {"continuationToken": "2"},
            "continuationToken=2",
        ),
        ("POST", "/artifact/v2.0", "/artifacts/content/ExperimentRun/dcid.p/a", {"index": "3"}, "index=3"),
        ("GET", "/datastore/v1.0", "/datastores", {"dataStoreNames": "a"}, "dataStoreNames=a"),
        ("PUT", "/credential/v2.0", "/secrets", {"systemSecret": "true"}, "systemSecret=true"),
        ("POST", "/content/v2.0", "/snapshots/a", {"parentSnapshotId": "b"}, "parentSnapshotId=b"),
        ("GET", "/dataset/v1.0", "/datasets", {"checkDataHash": "true"}, "checkDataHash=true"),
        ("GET", "/history/v1.0", "/computes/a/runs", {"$sortorder": "asc"}, "$sortorder=asc"),
        ("POST", "/pipelines/v1.0", "/PipelineRuns/PipelineSubmit/a", {"dryRun": "true"}, "dryRun=true"),
        ("POST", "/execution/v1.0", "/experiments/a/snapshotrun", {"priority": "1"}, "priority=1"),
        ("POST", "/metric/v2.0", "/runs/a/batch", {"upsert": "true"}, "upsert=true"),
    ],
)
def test_parameters(rest: Rest, method: str, service: str, path: str, query: dict[str, str], name: str) -> None:
    answer = rest(method, service, path, params=query, json={} if method != "GET" else None)
    assert (answer.status_code, answer.json()["code"]) == (400, "NotSupportedByEmulator")
    assert f"the parameter {name}" in answer.json()["message"]


def test_conditions_of_a_change(rest: Rest, experiment: Experiment, bearer: dict[str, str]) -> None:
    """Only the version that was read is to be changed, and there is no telling versions apart."""
    from azureml.core import Experiment as Sdk

    assert isinstance(experiment, Sdk)
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    path = f"/experimentids/{experiment.id}/runs/{run.id}"
    for name, value in (("If-Match", '"1"'), ("If-None-Match", "*"), ("X-HTTP-Method-Override", "DELETE")):
        bearer[name] = value
        answer = rest("PATCH", "/history/v1.0", path, json={"tags": {"a": "b"}})
        del bearer[name]
        assert (answer.status_code, f"the header {name.lower()}" in answer.text) == (400, True)
    assert run.get_tags() == {}
    assert rest("PATCH", "/history/v1.0", path, json={"tags": {"a": "b"}}).status_code == 200
    run.complete()
