"""What others made in the workspace with SDK v1, that the port itself can't make: it says what that is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.errors import DeploymentError
from tests.integration.workspaces.conftest import SCRIPTS
from tests.integration.workspaces.local import NAMES, LocalWorkspace
from workspaces.jobs.pipelines import Definition, Step
from workspaces.jobs.schedules import Recurrence, Schedule

if TYPE_CHECKING:
    from azureml.core import Workspace as SdkWorkspace

    from workspaces.workspace import Workspace

pytestmark = pytest.mark.parametrize("open_port", ["v1"], indirect=True, scope="module")


@pytest.fixture(scope="module")
def sdk(port: Workspace) -> SdkWorkspace:
    from azureml.core import Workspace

    assert port.name == NAMES.name
    return Workspace(NAMES.subscription_id, NAMES.resource_group, NAMES.name)


@pytest.fixture(scope="module")
def published(port: Workspace, define: Callable[..., Definition]) -> str:
    definition = define(Step("mark", "mark.py", "marked", parameters=("mark",)), mark="never")
    return port.pipelines.publish(definition, "contract", "for a test", "1")


def test_a_service_of_another_kind_is_refused_by_its_name(
    port: Workspace, sdk: SdkWorkspace, name: str, tmp_path: Path
) -> None:
    from azureml.core import Environment
    from azureml.core.model import InferenceConfig, Model
    from azureml.core.webservice import AciWebservice

    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "content.txt").write_text("content")
    model = Model(sdk, id=port.models.register(name, tmp_path / "model", {}).id)
    inference = InferenceConfig("score.py", source_directory=str(SCRIPTS), environment=Environment(name))
    service = Model.deploy(sdk, name, [model], inference, AciWebservice.deploy_configuration())
    service.wait_for_deployment()

    with pytest.raises(DeploymentError, match=f"service {name} runs on ACI, not AKS"):
        port.services.find(name)
    with pytest.raises(DeploymentError, match=f"service {name} runs on ACI, not AKS"):
        port.services.delete(name)
    service.delete()
    assert port.services.find(name) is None


def test_a_schedule_of_a_pipeline_or_on_new_data_is_seen_and_can_be_disabled(
    port: Workspace, sdk: SdkWorkspace, published: str, name: str
) -> None:
    from azureml.pipeline.core import Schedule as SdkSchedule
    from azureml.pipeline.core import ScheduleRecurrence

    monthly = ScheduleRecurrence("Month", 1, start_time="2026-01-01T00:00:00")
    by_time = SdkSchedule.create(sdk, name, published, "contract", recurrence=monthly)
    by_data = SdkSchedule.create(sdk, name, published, "contract", datastore=sdk.get_default_datastore())
    found = {schedule.id: schedule for schedule in port.schedules.active() if schedule.name == name}
    assert found == {
        by_time.id: Schedule(by_time.id, name, "Active", None, Recurrence("Month", 1)),
        by_data.id: Schedule(by_data.id, name, "Active", None, None),
    }
    for schedule in found.values():
        port.schedules.disable(schedule)
    assert [schedule for schedule in port.schedules.active() if schedule.name == name] == []


def test_an_endpoint_is_found_whatever_a_list_leaves_out(
    port: Workspace, local: LocalWorkspace, published: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workspaces.v1.pipelines.MOST_ENDPOINTS", 1)
    for number in range(2):
        local.make_endpoint(f"{name}-{number}", published)
    for number in range(2):
        found = port.pipelines.endpoint(f"{name}-{number}")
        assert found is not None
        assert found.name == f"{name}-{number}"


def test_a_disabled_endpoint_is_found_where_its_name_leads_to_none_and_is_not_made_twice(
    port: Workspace, local: LocalWorkspace, published: str, name: str
) -> None:
    for number in range(101):
        local.make_endpoint(f"{name}-{number}", published)
    last = f"{name}-100"
    port.pipelines.disable(last)
    before = port.pipelines.endpoint(last)
    assert before is not None
    assert not before.active
    with local.finding_no_endpoint_by_name():
        assert port.pipelines.endpoint(last) == before
        assert port.pipelines.make_default(published, last, "for a test").id == before.id
        assert port.pipelines.endpoint(name) is None


def test_a_compute_that_has_no_identity_says_so(port: Workspace, sdk: SdkWorkspace, name: str) -> None:
    from azureml.core.compute import AmlCompute, ComputeTarget

    configuration = AmlCompute.provisioning_configuration("Standard_D2_v3", max_nodes=1)
    ComputeTarget.create(sdk, name, configuration).wait_for_completion()
    found = port.computes.find(name)
    assert found is not None
    assert not found.has_identity
