"""Removing a release: what is there, in its order, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from config.errors import DeploymentError
from config.settings import Settings, load_settings

if TYPE_CHECKING:
    from azureml.core import Model, Workspace
    from azureml.core.compute import AksCompute
    from azureml.core.model import InferenceConfig
    from azureml.pipeline.core import PublishedPipeline

    from workspaces.v1.workspace import V1Workspace

STAGED = "tears-staged"


@pytest.fixture
def settings(cluster: AksCompute, compute: str) -> Settings:
    """A release of the test's own, on the cluster and the compute that it may remove."""
    names = {"service.name": "tears", "pipeline.endpoint": "tears", "schedule.name": "tears"}
    return load_settings("local", names | {"cluster.name": cluster.name, "compute.name": compute}, environ={})


@pytest.fixture
def released(
    workspace: Workspace,
    cluster: AksCompute,
    scoring: InferenceConfig,
    model: Callable[[str], Model],
    publish: Callable[..., PublishedPipeline],
) -> list[str]:
    """Schedule, endpoint, service, a service left staged beside it, and somebody else's; the services' names."""
    from azureml.core import Model
    from azureml.core.webservice import AksWebservice
    from azureml.pipeline.core import PipelineEndpoint, Schedule, ScheduleRecurrence

    endpoint = PipelineEndpoint.publish(workspace, "tears", "for a test", publish("tears"))
    weekly = ScheduleRecurrence("Week", 1, start_time="2026-11-01T00:00:00")
    Schedule.create_for_pipeline_endpoint(
        workspace, "tears", endpoint.id, "tears", recurrence=weekly, wait_for_provisioning=True
    )
    version = model("one")
    tags = {"tears": {}, STAGED: {"staged_for": "tears"}, "of-others": {}}
    names = list(tags)
    one = {
        name: AksWebservice.deploy_configuration(num_replicas=1, autoscale_enabled=False, tags=tags[name])
        for name in names
    }
    services = [Model.deploy(workspace, name, [version], scoring, one[name], cluster) for name in names]
    for service in services:
        service.wait_for_deployment()
    return names


def test_what_could_bring_the_service_back_goes_first_and_models_stay(
    workspace: Workspace, port: V1Workspace, settings: Settings, released: list[str]
) -> None:
    from azureml.core import Model, Webservice

    from pipelines.infrastructure.teardown import Removal, plan_teardown, tear_down
    from steps.rollout.lease import Lease

    def left() -> set[str]:
        """Other tests' services are on other clusters."""
        return {service.name for service in Webservice.list(workspace)} & {"tears", STAGED}

    beside_others = plan_teardown(port, [settings])
    assert [step.kind for step in beside_others.removals] == ["schedule", "endpoint", "service", "service"]
    assert beside_others.stays == ("cluster gpu-cluster, for of-others", "compute steps, for of-others")
    Webservice(workspace, "of-others").delete()

    whole = plan_teardown(port, [settings])
    assert whole.stays == ()
    plan = whole.removals
    assert [(step.kind, step.name) for step in plan] == [
        ("schedule", "tears"),
        ("endpoint", "tears"),
        ("service", "tears"),
        ("service", STAGED),
        ("cluster", "gpu-cluster"),
        ("compute", "steps"),
    ]
    assert left() == {"tears", STAGED}, "planning removes nothing"
    done: list[Removal] = []
    lease = Lease.acquire(port, "tears", "run-1", settings.service)
    with pytest.raises(DeploymentError, match="tears has been held by the run run-1"):
        tear_down(port, [settings], whole, done.append)
    assert done == []
    assert len(plan_teardown(port, [settings]).removals) == len(plan), "a run works on it: nothing is removed"
    lease.release(proven=True)
    tear_down(port, [settings], whole, done.append)
    assert done == list(plan)
    assert left() == set()
    assert plan_teardown(port, [settings]).removals == ()
    assert Model.list(workspace, name="echo")
