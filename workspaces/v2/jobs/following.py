"""What a schedule holds: all of a job, by which it would start the same one for ever. Each publication brings the
schedules of its endpoint up to date."""

from __future__ import annotations

import re
from typing import Any, cast

from azure.ai.ml.entities import JobSchedule, PipelineComponent, PipelineJob

from workspaces.errors import RequestError
from workspaces.v2.connection import Connection

ENDPOINT, EXPERIMENT, NAME = "amlgpu_endpoint", "amlgpu_experiment", "amlgpu_name"
"""Tags of a schedule: the batch endpoint that it stands for, the experiment of its runs, and the name that it was asked
for: Azure ML lets no two have the same."""
PUBLISHED = "amlgpu_component"
"""Tag of a batch endpoint: the id of the pipeline component that is its default."""
COMPONENT = re.compile(r".*/components/([^/]+)/versions/([^/]+)")


def component_of(connection: Connection, component_id: str) -> PipelineComponent:
    """A published pipeline by its ARM id. RequestError where that is none."""
    found = COMPONENT.fullmatch(component_id)
    if found is None:
        raise RequestError(f"{component_id} isn't the id of a published pipeline")
    return cast(PipelineComponent, connection.ml.components.get(found[1], found[2]))


def job_of(connection: Connection, component_id: str, experiment: str) -> PipelineJob:
    """A job of a published pipeline, whose steps are its own and not those of a pipeline in it."""
    component = component_of(connection, component_id)
    given = {name: one.default for name, one in component.inputs.items()}
    return PipelineJob(jobs=component.jobs, inputs=given, experiment_name=experiment)


def published_at(connection: Connection, endpoint: str) -> str:
    """The id of the published pipeline that a batch endpoint starts. RequestError where there is none."""
    component = (connection.ml.batch_endpoints.get(endpoint).tags or {}).get(PUBLISHED)
    if component is None:
        raise RequestError(f"nothing is published at the batch endpoint {endpoint}")
    return str(component)


def bring_up_to_date(connection: Connection, endpoint: str, component_id: str) -> None:
    """Let every schedule of the endpoint, disabled ones too, start this from now on."""
    for schedule in connection.ml.schedules.list(list_view_type=_all()):
        tags = schedule.tags or {}
        if isinstance(schedule, JobSchedule) and tags.get(ENDPOINT) == endpoint:
            schedule.create_job = job_of(connection, component_id, tags[EXPERIMENT])
            connection.ml.schedules.begin_create_or_update(schedule).result()


def _all() -> Any:
    from azure.ai.ml.constants import ListViewType

    return ListViewType.ALL
