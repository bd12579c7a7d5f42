"""A release's artifacts, as the steps write them."""

import pytest

from steps.artifacts.candidate import Candidate, Signature
from steps.artifacts.deployment import Deployment
from steps.artifacts.release import Query, Release
from steps.artifacts.verdict import Answer, Check, Verdict

HASH = "7548faac8c55" + "0" * 52


@pytest.fixture
def candidate() -> Candidate:
    return Candidate(
        model_name="digits",
        model_version=4,
        content_hash=HASH,
        frozen_hash=None,
        signature=Signature(input_name="jpegs", input_kind="jpeg", outputs=("probabilities",)),
        validation_data="amlgpu/validation/abc",
        source="latest",
        reused=True,
        git_commit="0123abc",
        config_hash="ffff",
        run_id="step-1",
    )


@pytest.fixture
def verdict() -> Verdict:
    checks = (
        Check(name="signature", outcome="pass", measured="jpegs (jpeg)", threshold="as registered"),
        Check(name="accuracy_floor", outcome="fail", measured=0.712345, threshold=0.9, detail="[256 of 360] images"),
    )
    return Verdict(
        status="NOT_BLESSED",
        model_name="digits",
        model_version=4,
        content_hash=HASH,
        environment="env",
        precision="float32",
        checks=checks,
        metrics={},
        answers=(Answer(file="a.jpg", label=1, predicted=1),),
        run_id="step-2",
    )


@pytest.fixture
def deployment() -> Deployment:
    return Deployment(
        service_name="digits",
        action="updated",
        model_name="digits",
        model_version=4,
        environment="env",
        scoring_uri="http://service/score",
        replicas=2,
        verdict="NOT_BLESSED",
        forced_reason="the [old] one is worse",
        previous=None,
        answers=(),
        tags={},
        run_id="step-3",
    )


@pytest.fixture
def release() -> Release:
    return Release(
        service_name="digits",
        model_name="digits",
        model_version=4,
        scoring_uri="http://service/score",
        device="GPU:0",
        queries=(Query(name="answers", passed=True, detail=""),),
        latency_p50_ms=5.04,
        latency_p99_ms=9.96,
        run_id="step-4",
    )
