"""What a plan shows of replicas and resources, and what a release sets of them."""

from types import SimpleNamespace
from typing import cast

from config.settings import load_settings
from steps.rollout.resources import Resource, changed_resources, compare_resources
from workspaces.services import ServiceState
from workspaces.workspace import Workspace

MANAGED = load_settings("local-v2", environ={})
SIZE = MANAGED.cluster.vm_size
NO_GPUS_STAY = cast(Workspace, SimpleNamespace(services=SimpleNamespace(kept_gpus=lambda *_: 0)))


def test_of_a_machine_of_azure_mls_own_its_size_decides_what_a_replica_has() -> None:
    planned = {one.name: one for one in compare_resources(NO_GPUS_STAY, None, MANAGED)}

    assert planned["machine"] == Resource("machine", None, SIZE)
    assert [planned[name].wanted for name in ("CPU cores", "memory, GB", "GPUs a replica")] == [None] * 3
    assert planned["replicas"].wanted == "2"


def test_on_a_cluster_the_settings_do() -> None:
    on_cluster = load_settings("local-v2", {"cluster.managed": "false"}, environ={})
    planned = {one.name: one.wanted for one in compare_resources(NO_GPUS_STAY, None, on_cluster)}

    assert "machine" not in planned
    assert (planned["CPU cores"], planned["memory, GB"], planned["GPUs a replica"]) == ("1", "2", "1")


def test_another_size_of_machine_is_a_change(state: ServiceState) -> None:
    larger = load_settings("local-v2", {"cluster.vm_size": "Standard_NC8as_T4_v3"}, environ={})
    untold = {"cpu_cores": None, "memory_gb": None, "gpu_cores": None, "instance_type": SIZE}
    live = state.model_copy(update=untold)

    changed = {one.name: one for one in changed_resources(NO_GPUS_STAY, live, larger)}

    assert changed["machine"] == Resource("machine", SIZE, "Standard_NC8as_T4_v3")
    assert not changed.keys() & {"CPU cores", "memory, GB", "GPUs a replica"}
