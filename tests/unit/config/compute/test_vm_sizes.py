import pytest

from config.compute.vm_sizes import GPU_SIZES, RETIRED, GpuSize, RetiredSeries, check_vm_size, gpu_size


@pytest.mark.parametrize(
    ("vm_size", "series"),
    [
        ("Standard_NC6", "NC "),
        ("Standard_NC12_Promo", "NC "),
        ("Standard_NC24r", "NC "),
        ("Standard_NC6s_v2", "NCv2"),
        ("Standard_ND24rs", "ND "),
        ("Standard_NC6s_v3", "NCv3"),
        ("standard_nc24rs_v3", "NCv3"),
        ("Standard_NV6", "NV "),
        ("Standard_NV12s_v3", "NVv3"),
    ],
)
def test_retired_series_is_refused_with_replacements(vm_size: str, series: str) -> None:
    with pytest.raises(ValueError, match=f"the {series}.*retired.*use Standard_NC4as_T4_v3"):
        check_vm_size(vm_size)


@pytest.mark.parametrize("vm_size", GPU_SIZES)
def test_current_sizes_pass(vm_size: str) -> None:
    assert check_vm_size(vm_size) == vm_size


@pytest.mark.parametrize("series", RETIRED, ids=lambda series: str(series.series))
def test_replacements_are_current(series: RetiredSeries) -> None:
    assert set(series.replacements) <= set(GPU_SIZES)


def test_names_are_compared_without_case() -> None:
    assert gpu_size("STANDARD_nc64AS_t4_V3") == GpuSize(vcpus=64, memory_gb=440, gpus=4)


def test_cpu_size_passes_and_has_no_gpu() -> None:
    assert check_vm_size("Standard_D4s_v5") == "Standard_D4s_v5"
    assert gpu_size("Standard_D4s_v5") is None


def test_unknown_gpu_size_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"did you mean Standard_NC4as_T4_v3\?"):
        check_vm_size("Standard_NC4as_T4_v4")


def test_what_is_no_size_is_refused() -> None:
    with pytest.raises(ValueError, match="begin with 'Standard_'"):
        check_vm_size("NC4as_T4_v3")
