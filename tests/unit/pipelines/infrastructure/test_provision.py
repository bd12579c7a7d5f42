from types import SimpleNamespace
from typing import cast

import pytest

from config.errors import WorkspaceError
from config.settings import load_settings
from pipelines.infrastructure.provision import _existing, check_nodes, cluster_id
from workspaces.computes import ClusterId
from workspaces.workspace import Workspace

T4 = "Standard_NC4as_T4_v3"


@pytest.mark.parametrize("found", [T4, T4.lower(), None, ""])
def test_nodes_of_the_settings_size_or_of_one_that_isnt_told_pass(found: str | None) -> None:
    check_nodes("gpu-aks", found, T4)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("Standard_NC6s_v3", r"gpu-aks has nodes of Standard_NC6s_v3: the NCv3 series \(V100\) is retired"),
        ("Standard_D3_v2", r"gpu-aks has nodes of Standard_D3_v2, the settings say Standard_NC4as_T4_v3"),
    ],
)
def test_other_and_retired_nodes_are_refused(found: str, message: str) -> None:
    with pytest.raises(WorkspaceError, match=message):
        check_nodes("gpu-aks", found, T4)


def test_what_is_named_for_azure_does_not_keep_the_local_workspace_from_one_of_its_own() -> None:
    named = ClusterId("s", "g", "gpus")
    overrides = {"cluster.resource_id": str(named)}
    assert cluster_id(load_settings("prod", overrides, {})) == named
    local = load_settings("local", overrides, {})
    assert cluster_id(local) == ClusterId(local.workspace.subscription_id, "local", local.cluster.name)


@pytest.mark.parametrize(
    ("found", "wanted", "key"), [("AKS", "AmlCompute", "compute.name"), ("AKS", "Kubernetes", "cluster.name")]
)
def test_of_a_compute_of_another_kind_the_key_is_said(found: str, wanted: str, key: str) -> None:
    computes = SimpleNamespace(find=lambda _: SimpleNamespace(kind=found, state="Succeeded"))
    with pytest.raises(WorkspaceError, match=f"x is of the kind {found}, not {wanted}: give another {key}"):
        _existing(cast(Workspace, SimpleNamespace(computes=computes)), "x", wanted)
