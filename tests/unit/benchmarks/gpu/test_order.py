import pytest

from benchmarks.gpu.order import MEMORY, RELEASE, STARTS, order
from benchmarks.gpu.services import FEW_CORES, Ours

MODELS = ("resnet50", "tiny")


def names(*, gpu: bool, quick: bool = False) -> list[str]:
    return [one.name for one in order(MODELS, Ours(gpu, max_batch=64, lanes=3), quick=quick)]


def test_without_a_gpu_nothing_claims_16_bits_tf32_or_xla() -> None:
    found = names(gpu=False)
    assert not any("16" in name.replace("128", "") or "TF32" in name or "XLA" in name for name in found)
    assert f"resnet50: seed, {FEW_CORES} cores" in found


def test_what_tells_most_comes_first_on_a_gpu() -> None:
    found = names(gpu=True)
    assert found[:7] == [
        "resnet50: ours, float16",
        "resnet50: limit, float16",
        "resnet50: ours, float32 (TF32)",
        "resnet50: limit, float32",
        "resnet50: FastAPI",
        "resnet50: ours, float16, XLA",
        "resnet50: limit, float16, XLA",
    ]
    assert found.index("tiny: ours, float16") < found.index(MEMORY.name) < found.index("resnet50: seed")
    assert {MEMORY.name, STARTS.name, RELEASE.name} <= set(found)


@pytest.mark.parametrize("gpu", [True, False])
def test_nothing_is_measured_twice_in_a_round(gpu: bool) -> None:
    found = names(gpu=gpu)
    assert len(found) == len(set(found))
    assert not any("max_batch 64" in name or "lanes 3" in name for name in found)  # these are ours as it is


def test_quick_is_one_model() -> None:
    assert names(gpu=True, quick=True) == ["resnet50: ours, float16", "resnet50: limit, float16", "resnet50: seed"]
