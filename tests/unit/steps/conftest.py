"""Values that the tests of the steps start from."""

from collections.abc import Iterator

import pytest

from config.settings import Settings, load_settings
from steps.artifacts.candidate import Candidate, Signature
from steps.artifacts.deployment import Deployment
from steps.artifacts.verdict import Answer, Check, Verdict
from steps.validation.evidence import Evidence
from steps.validation.measured import Measured
from steps.validation.parity import Parity
from tests.unit.steps.querying.http_stub import HttpStub, serve
from tests.unit.steps.validation.answered import right
from workspaces.services import ServiceState

ENVIRONMENT = "aml-gpu-scoring-0123456789ab"


@pytest.fixture
def settings() -> Settings:
    return load_settings("local", environ={})


@pytest.fixture
def server() -> Iterator[HttpStub]:
    with serve() as server:
        yield server


@pytest.fixture
def good() -> Measured:
    """A server that passes every check of ``settings``: 190 of 200 samples right, 1 to 200 ms."""
    return Measured(
        startup_seconds=4.0,
        scored=right(190),
        latencies_ms=tuple(float(value) for value in range(1, 201)),
        devices=frozenset({"CPU:0"}),
        precisions=frozenset({"float32"}),
        not_refused=(),
        parity=Parity(200, 1.0, 1e-6),
    )


@pytest.fixture
def evidence(good: Measured) -> Evidence:
    """A candidate as good as production is."""
    return Evidence("jpegs (jpeg) -> probabilities", True, good, good)


@pytest.fixture
def candidate() -> Candidate:
    return Candidate(
        model_name="digits",
        model_version=3,
        content_hash="a" * 64,
        frozen_hash="b" * 64,
        signature=Signature(input_name="jpegs", input_kind="jpeg", outputs=("probabilities", "classes")),
        validation_data="amlgpu/validation/b",
        source="amlgpu/models/a",
        reused=False,
        git_commit="c" * 40,
        config_hash="d" * 12,
        run_id="run-1",
    )


@pytest.fixture
def verdict(candidate: Candidate) -> Verdict:
    return Verdict(
        status="BLESSED",
        model_name=candidate.model_name,
        model_version=candidate.model_version,
        content_hash=candidate.content_hash,
        environment=ENVIRONMENT,
        precision="float32",
        checks=(Check(name="accuracy_floor", outcome="pass", measured=0.95, threshold=0.9),),
        metrics={"accuracy": 0.95},
        answers=(
            Answer(file="0.jpg", label=0, predicted=8),
            Answer(file="1.jpg", label=1, predicted=1),
            Answer(file="2.jpg", label=2, predicted=2),
        ),
        run_id="run-2",
    )


@pytest.fixture
def state() -> ServiceState:
    return ServiceState(
        state="Healthy",
        models=("digits:3",),
        environment=ENVIRONMENT,
        environment_version="1",
        replicas=2,
        cpu_cores=1.0,
        memory_gb=2.0,
        gpu_cores=1,
        max_concurrent_requests=4,
        max_queue_wait_ms=5000,
        scoring_timeout_ms=60000,
        scoring_uri="http://127.0.0.1:1/score",
        tags={},
    )


@pytest.fixture
def deployment(verdict: Verdict) -> Deployment:
    return Deployment(
        service_name="digits",
        action="created",
        model_name="digits",
        model_version=3,
        environment=ENVIRONMENT,
        scoring_uri="http://127.0.0.1:1/score",
        replicas=2,
        verdict="BLESSED",
        forced_reason=None,
        previous=None,
        answers=verdict.answers[1:],
        tags={"run_id": "run-3"},
        run_id="run-3",
    )
