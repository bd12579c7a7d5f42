"""release.json: what the live service answered."""

from collections.abc import Mapping
from typing import ClassVar

from steps.artifacts.artifact import Artifact, Part


class Query(Part):
    """One question put to the live service."""

    name: str
    passed: bool
    detail: str


class Release(Artifact):
    """What the live service answered."""

    file_name: ClassVar[str] = "release.json"
    step: ClassVar[str] = "smoke_test"

    service_name: str
    model_name: str
    model_version: int
    scoring_uri: str
    device: str | None
    """Device that answered, such as GPU:0."""
    queries: tuple[Query, ...]
    """Empty when another run released a newer version meanwhile: that run asks."""
    latency_p50_ms: float | None
    """Median of the burst, over the network; of the labelled images when there is no burst."""
    latency_p99_ms: float | None
    run_id: str

    def decides(self) -> Mapping[str, object]:
        """All but what was measured, and on which device: which queries there were, and that they passed."""
        measured = {"device", "queries", "latency_p50_ms", "latency_p99_ms"}
        asked = [(query.name, query.passed) for query in self.queries]
        return {**self.model_dump(exclude=measured), "queries": asked}
