import asyncio
from datetime import timedelta

import pytest

from azureml_emulator.azure.computes.targets import new_target
from azureml_emulator.azure.services.scheduling.failure import gave_up, is_no_room, no_room, refusal_before
from azureml_emulator.azure.services.scheduling.scheduler import SECONDS, Scheduler, Unschedulable
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document


@pytest.fixture
def scheduler(workspace: LocalWorkspace) -> Scheduler:
    """Of a cluster of three nodes with a GPU each, where azureml-fe leaves 2.96 CPU and 25 GB."""
    workspace.enforce_capacity = True
    sizes = {"computeType": "AKS", "properties": {"agentVmSize": "Standard_NC4as_T4_v3", "agentCount": 3}}
    workspace.store.put("compute", "c", new_target(workspace, "c", {"properties": sizes}))
    return Scheduler(workspace)


def service(cpu: float = 1, memory: float = 1, gpu: int | None = None, **more: object) -> Document:
    asked = {"cpu": cpu, "memoryInGB": memory, "gpu": gpu}
    return {"name": "s", "computeName": "c", "containerResourceRequirements": asked, **more}


def test_replicas_go_where_most_processors_are_left(scheduler: Scheduler) -> None:
    assert [pod.node for pod in scheduler.place(service(), 5)] == [0, 1, 2, 0, 1]


def test_a_replica_must_fit_on_one_node(scheduler: Scheduler) -> None:
    """Together they would have 8 processors."""
    assert scheduler.fits(service(cpu=2.8))
    for asked, lack in [
        (service(cpu=3), "3 Insufficient cpu"),
        (service(memory=28), "3 Insufficient memory"),
        (service(gpu=2), "3 Insufficient nvidia.com/gpu"),
        (
            service(cpu=64, memory=900, gpu=2),
            "3 Insufficient cpu, 3 Insufficient memory, 3 Insufficient nvidia.com/gpu",
        ),
    ]:
        with pytest.raises(Unschedulable) as raised:
            scheduler.place(asked, 1)
        assert str(raised.value) == f"0/3 nodes are available: {lack}."


def test_a_cluster_without_nodes_has_no_room(workspace: LocalWorkspace, scheduler: Scheduler) -> None:
    empty = workspace.store.get("compute", "c")
    empty["properties"]["properties"]["agentCount"] = 0
    workspace.store.put("compute", "c", empty)
    with pytest.raises(Unschedulable, match="no nodes available to schedule pods"):
        scheduler.place(service(), 1)


def test_what_has_ended_leaves_its_room(scheduler: Scheduler) -> None:
    first, *_ = scheduler.place(service(cpu=2, gpu=1), 3)
    with pytest.raises(Unschedulable, match="3 Insufficient cpu, 3 Insufficient nvidia"):
        scheduler.place(service(cpu=2, gpu=1), 1)
    with pytest.raises(Unschedulable, match=r"available: 3 Insufficient nvidia.com/gpu\."):
        scheduler.place(service(cpu=0.1, gpu=1), 1)
    assert (scheduler.fits(service(gpu=1)), scheduler.fits(service(gpu=1), without=first)) == (False, True)
    first.end()
    assert [pod.node for pod in scheduler.place(service(cpu=2, gpu=1), 1)] == [first.node]


def test_either_all_find_room_or_none(scheduler: Scheduler) -> None:
    assert scheduler.room(service(gpu=1), 10) == 3
    assert scheduler.room(service(cpu=1.3, gpu=1), 10, gpus=False) == 6
    with pytest.raises(Unschedulable):
        scheduler.place(service(gpu=1), 4)
    assert scheduler.room(service(gpu=1), 10) == 3


@pytest.mark.parametrize("known", [False, True])
def test_there_is_room_for_all_where_nothing_is_counted(
    workspace: LocalWorkspace, scheduler: Scheduler, known: bool
) -> None:
    workspace.enforce_capacity = not known
    asked = service(cpu=64, gpu=8) | {"computeName": "c" if known else "elsewhere"}
    assert (len(scheduler.place(asked, 9)), scheduler.room(asked, 7)) == (9, 7)


def test_one_that_waits_is_placed_as_soon_as_there_is_room(scheduler: Scheduler) -> None:
    told: list[str] = []

    async def run() -> int:
        (first, *_) = scheduler.place(service(gpu=1), 3)
        waiting = asyncio.create_task(scheduler.wait_for_room(service(gpu=1), 1, told.append))
        await asyncio.sleep(0)
        assert not waiting.done()
        first.end()
        return (await waiting)[0].node

    assert (asyncio.run(run()), told) == (0, ["0/3 nodes are available: 3 Insufficient nvidia.com/gpu."])


def test_it_gives_up_after_five_minutes_of_the_workspaces_clock(
    workspace: LocalWorkspace, scheduler: Scheduler
) -> None:
    async def run() -> None:
        waiting = asyncio.create_task(scheduler.wait_for_room(service(cpu=3), 1, str))
        await asyncio.sleep(0)
        workspace.clock.move(workspace.clock.now() + timedelta(seconds=SECONDS))
        await waiting

    with pytest.raises(Unschedulable, match="3 Insufficient cpu"):
        asyncio.run(run())


def test_the_error_has_the_form_of_those_that_are_recorded() -> None:
    error = gave_up("0/1 nodes are available: 1 Insufficient cpu.")
    assert (error["code"], error["statusCode"]) == ("KubernetesError", 400)
    assert error["details"][0] == {"code": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient cpu."}
    assert "after trying for 00:05:00" in error["details"][1]["message"]
    assert [is_no_room(one) for one in (error, no_room("x"), {"code": "x", "details": []}, None)] == [True] * 2 + [
        False
    ] * 2


def test_before_a_deployment_processors_and_memory_are_counted_and_gpus_are_not(scheduler: Scheduler) -> None:
    assert refusal_before(scheduler, service(gpu=1, numReplicas=4)) is None
    said = refusal_before(scheduler, service(cpu=3, memory=2, numReplicas=2))
    assert said
    assert "2 replicas cannot be created per specified CPU/Memory configuration(3 CPU Cores, 2GB Memory)" in said
    autoscaled = service(cpu=2, numReplicas=None, autoScaler={"minReplicas": 4})
    assert "1 replica cannot be created" in str(refusal_before(scheduler, autoscaled))
