"""Which replicas and runs get which GPUs, by what a made-up nvidia-smi lists."""

import os
from pathlib import Path

import pytest

from azureml_emulator.errors import BadRequest
from azureml_emulator.state.gpus import Gpu, Gpus, machine_gpus

T4, OTHER = Gpu("0", "Tesla T4"), Gpu("1", "NVIDIA L4")
LISTED = """\
GPU 0: Tesla T4 (UUID: GPU-11aa)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-22bb)
  MIG 1g.5gb      Device  0: (UUID: MIG-33cc)
"""


@pytest.fixture
def nvidia_smi(tmp_path: Path) -> str:
    """A PATH with one that lists two GPUs."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n[ $1 = -L ] && cat <<'END'\n{LISTED}END\n")
    tool.chmod(0o755)
    return f"{tmp_path}:{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("visible", "ids"),
    [
        (None, ["0", "1"]),
        ("", []),
        ("-1", []),
        ("1", ["1"]),
        ("1,0", ["1", "0"]),
        ("0,0,GPU-11", ["0"]),
        ("GPU-22bb,GPU-11aa", ["GPU-22bb", "GPU-11aa"]),
        ("0,7,1", ["0"]),
        ("MIG-33cc", ["MIG-33cc"]),
        ("nonsense", []),
    ],
)
def test_only_what_the_workspace_itself_may_see(nvidia_smi: str, visible: str | None, ids: list[str]) -> None:
    variables = {"PATH": nvidia_smi} | ({} if visible is None else {"CUDA_VISIBLE_DEVICES": visible})
    assert [gpu.id for gpu in machine_gpus(variables)] == ids


def test_names(nvidia_smi: str) -> None:
    assert str(machine_gpus({"PATH": nvidia_smi})[1]) == "GPU 1 (NVIDIA A100-SXM4-40GB)"
    (mig,) = machine_gpus({"PATH": nvidia_smi, "CUDA_VISIBLE_DEVICES": "MIG-33"})
    assert str(mig) == "GPU MIG-33 (MIG 1g.5gb Device 0)"


def test_no_tool_or_one_that_fails(tmp_path: Path) -> None:
    assert machine_gpus({"PATH": str(tmp_path)}) == ()
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\necho 'GPU 0: Tesla T4 (UUID: GPU-11aa)'\nexit 9\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    assert machine_gpus({"PATH": str(tmp_path)}) == ()


def test_each_replica_has_its_own_and_one_more_is_refused() -> None:
    gpus = Gpus([T4, OTHER])
    first, second = gpus.for_replica("a", "replica-1", 1), gpus.for_replica("b", "replica-2", 1)
    assert (first.gpus, second.gpus) == ((T4,), (OTHER,))
    with pytest.raises(BadRequest) as refused:
        gpus.for_replica("b", "replica-3", 1)
    assert "'b' asks for 1 a replica, 0 of this machine's 2 are free" in refused.value.message
    assert "replica-1 of service 'a' has GPU 0 (Tesla T4); replica-2 of service 'b' has GPU 1" in refused.value.message
    assert "`up --share-gpus`" in refused.value.message
    assert (gpus.affordable_replicas("a", 1), gpus.affordable_replicas("c", 1)) == (1, 0)

    first.end()
    assert gpus.for_replica("b", "replica-4", 1).gpus == (T4,)


def test_more_than_there_are_is_refused_even_where_they_are_shared() -> None:
    with pytest.raises(BadRequest, match="asks for 3 a replica, this machine has 2"):
        Gpus([T4, OTHER], share=True).for_replica("a", "replica-1", 3)


def test_shared_the_least_used_comes_first() -> None:
    gpus = Gpus([T4, OTHER], share=True)
    leases = [gpus.for_replica("a", f"replica-{number}", 1) for number in range(4)]
    assert [lease.gpus for lease in leases] == [(T4,), (OTHER,), (T4,), (OTHER,)]
    assert gpus.others(leases[0]) == ["replica-2 of service 'a'"]
    assert gpus.affordable_replicas("a", 1) > 100


def test_a_run_never_keeps_a_gpu_from_a_replica() -> None:
    gpus = Gpus([T4])
    run = gpus.for_run("deploys", 4)
    replica = gpus.for_replica("a", "replica-1", 1)
    assert (run.gpus, replica.gpus) == ((T4,), (T4,))
    assert gpus.others(gpus.for_run("validates", 1)) == ["run deploys", "replica-1 of service 'a'"]


def test_what_a_process_sees() -> None:
    gpus = Gpus([T4, OTHER])
    both = gpus.for_run("r", 2)
    assert gpus.visible({"A": "b"}, both) == {
        "A": "b",
        "CUDA_VISIBLE_DEVICES": "0,1",
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    }
    assert gpus.visible({"CUDA_VISIBLE_DEVICES": "5", "CUDA_DEVICE_ORDER": "FASTEST_FIRST"}, both) == {
        "CUDA_VISIBLE_DEVICES": "0,1",
        "CUDA_DEVICE_ORDER": "FASTEST_FIRST",
    }
    assert gpus.visible({"CUDA_VISIBLE_DEVICES": "-1"}, both) == {"CUDA_VISIBLE_DEVICES": "-1"}
    assert gpus.visible({"CUDA_VISIBLE_DEVICES": "5"}, None) == {"CUDA_VISIBLE_DEVICES": ""}
    unknown = Gpus([])
    assert unknown.visible({"A": "b"}, unknown.for_replica("a", "replica-1", 1)) == {"A": "b"}
