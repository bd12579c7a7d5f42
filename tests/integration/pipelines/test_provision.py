"""The attachment of a cluster: of the one that the settings name, once it fits, and never taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from azureml_emulator.command.client import ask
from azureml_emulator.state.workspace import RESOURCE_GROUP, SUBSCRIPTION
from config.errors import WorkspaceError
from config.settings import Settings, load_settings
from pipelines.infrastructure.costs import costs_of
from workspaces.computes import ClusterId

if TYPE_CHECKING:
    from pipelines.infrastructure.provision import Provision
    from tests.integration.emulator.waiting import Emulator
    from workspaces.v1.workspace import V1Workspace

CLUSTER = ClusterId(SUBSCRIPTION, RESOURCE_GROUP, "provisioned")


@pytest.fixture
def settings() -> Settings:
    """Of a target in Azure."""
    names = {"compute.name": "steps-of-it", "cluster.name": "provisioned", "cluster.resource_id": str(CLUSTER)}
    return load_settings("prod", names, environ={})


def make(emulator: Emulator, count: int = 3, **properties: object) -> None:
    pool = {"name": "gpu", "vmSize": "Standard_NC4as_T4_v3", "count": count}
    body = {"identity": {"type": "SystemAssigned"}, "properties": {"agentPoolProfiles": [pool], **properties}}
    ask(emulator.folder, "PUT", str(CLUSTER), body)


def plan(port: V1Workspace, settings: Settings) -> Provision:
    from pipelines.infrastructure.provision import plan_provision

    return plan_provision(port, settings, costs_of(settings))[1]


def test_a_cluster_is_attached_once_it_fits_and_stays_whatever_comes_of_it(
    port: V1Workspace, emulator: Emulator, settings: Settings
) -> None:
    make(emulator, count=2, disableLocalAccounts=True)
    unfit = plan(port, settings)
    assert unfit.make is None
    assert "- its local accounts are disabled" in str(unfit.refusal)
    assert "- it has 2 of the 3 nodes" in str(unfit.refusal)

    make(emulator)
    step = plan(port, settings)
    assert (step.action, step.refusal, step.notes) == ("attach provisioned, which bills already", None, ())
    assert step.make is not None
    ask(emulator.folder, "POST", "/own/faults", {"operation": "PUT /arm/computes/{name}", "status": 409, "times": 1})
    with pytest.raises(WorkspaceError, match="provisioned couldn't be attached") as refused:
        step.make()
    assert "  kubectl delete --ignore-not-found serviceaccount/azureml-fe " in str(refused.value)
    step.make()
    assert plan(port, settings).action == "already there"

    other = settings.cluster.model_copy(update={"resource_id": str(CLUSTER._replace(name="another"))})
    with pytest.raises(WorkspaceError, match=r"/provisioned, cluster\.resource_id says .*/another\. Write"):
        plan(port, settings.model_copy(update={"cluster": other}))
    larger = settings.cluster.model_copy(update={"vm_size": "Standard_NC8as_T4_v3"})
    with pytest.raises(WorkspaceError, match="has nodes of Standard_NC4as_T4_v3, the settings say Standard_NC8as"):
        plan(port, settings.model_copy(update={"cluster": larger}))
    assert port.computes.find("provisioned") is not None, "none of it detaches"
    port.computes.detach("provisioned")
