"""What the service notes of an answer and what validation keeps of it come to the same group."""

import json
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from pydantic import JsonValue

from pipelines.monitoring.drift import Group
from pipelines.monitoring.period import EARLIEST, Period
from pipelines.monitoring.request_samples import parse_samples
from pipelines.monitoring.sides import of_model, of_period, of_validation
from steps.artifacts.verdict import Answer, Verdict

ALWAYS = Period(EARLIEST, datetime(2027, 1, 1, tzinfo=timezone.utc))
LINE = {"time": "2026-11-24T00:00:00+00:00", "latency_ms": 5, "model": "digits:3"}


@pytest.mark.parametrize(
    ("noted", "predicted", "probability", "group"),
    [
        ({"class": 7, "index": 7, "probability": 0.5, "image_sha256": "a"}, 7, 0.5, Group([7], [0.5])),
        ({"class": "b", "index": 1, "probability": 0.5, "image_sha256": "a"}, "b", 0.5, Group(["b"], [0.5])),
        ({"class": 1, "index": 1, "probability": 0.5, "body_sha256": "a"}, 1, 0.5, Group([1], [0.5])),
        ({"classes": [0, 2], "probability": 0.9, "body_sha256": "a"}, [0, 2], None, Group(["0|2"], None)),
        ({"classes": [], "probability": 0.1, "body_sha256": "a"}, [], None, Group(["none"], None)),
        ({"value": 2, "body_sha256": "a"}, 2.0, None, Group([], [], [(2.0,)])),
        ({"values": [1, 2.5], "row": 3, "body_sha256": "a"}, [1.0, 2.5], None, Group([], [], [(1.0, 2.5)])),
        ({"outputs": {"y": [1]}, "body_sha256": "a"}, {"y": [1]}, None, Group([], [], outputs=True)),
    ],
)
def test_noted_and_kept_are_the_same(
    verdict: Verdict, noted: dict[str, object], predicted: JsonValue, probability: float | None, group: Group
) -> None:
    samples = list(parse_samples([json.dumps(LINE | noted)]))
    kept = Answer(file="x", label=None, predicted=predicted, probability=probability)
    validation = of_validation(verdict.model_copy(update={"answers": (kept,)}))
    for side in (of_period(samples, ALWAYS), of_model(samples, ALWAYS, "digits:3", validation.group), validation):
        assert replace(side.group, values=list(side.group.values)) == replace(group, values=list(group.values))


def test_a_label_that_the_model_itself_names_counts_by_its_place_where_validation_does() -> None:
    samples = list(
        parse_samples([json.dumps(LINE | {"class": "b", "index": 1, "probability": 0.5, "image_sha256": "a"})])
    )
    group = of_model(samples, ALWAYS, "digits:3", Group([0, 1], [0.5, 0.5])).group
    assert (group.labels, group.confidences) == ([1], [0.5])
    side = of_model(samples, ALWAYS, "digits:2", Group([0, 1], [0.5, 0.5]))
    assert (side.group.labels, side.facts["of_other_versions"]) == ([], 1)
