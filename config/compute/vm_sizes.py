"""NVIDIA GPU sizes of Azure virtual machines: what a node offers, and which sizes are gone.

GPUs are the devices that Kubernetes sees on one node: a partial A10 (NV6ads to NV18ads) counts as one.
Sources: Microsoft's "GPU accelerated virtual machine sizes" and "Previous-gen and retired VM size series".
"""

import re
from difflib import get_close_matches
from typing import NamedTuple


class GpuSize(NamedTuple):
    """One node of a current GPU size: its virtual CPUs, its memory in gigabytes (GiB) and its GPUs."""

    vcpus: int
    memory_gb: int
    gpus: int


GPU_SIZES = {
    "Standard_NC4as_T4_v3": GpuSize(4, 28, 1),
    "Standard_NC8as_T4_v3": GpuSize(8, 56, 1),
    "Standard_NC16as_T4_v3": GpuSize(16, 110, 1),
    "Standard_NC64as_T4_v3": GpuSize(64, 440, 4),
    "Standard_NV6ads_A10_v5": GpuSize(6, 55, 1),
    "Standard_NV12ads_A10_v5": GpuSize(12, 110, 1),
    "Standard_NV18ads_A10_v5": GpuSize(18, 220, 1),
    "Standard_NV36ads_A10_v5": GpuSize(36, 440, 1),
    "Standard_NV36adms_A10_v5": GpuSize(36, 880, 1),
    "Standard_NV72ads_A10_v5": GpuSize(72, 880, 2),
    "Standard_NC24ads_A100_v4": GpuSize(24, 220, 1),
    "Standard_NC48ads_A100_v4": GpuSize(48, 440, 2),
    "Standard_NC96ads_A100_v4": GpuSize(96, 880, 4),
    "Standard_NC40ads_H100_v5": GpuSize(40, 320, 1),
    "Standard_NC80adis_H100_v5": GpuSize(80, 640, 2),
}

T4 = "Standard_NC4as_T4_v3"
A10 = "Standard_NV36ads_A10_v5"
A100 = "Standard_NC24ads_A100_v4"


class RetiredSeries(NamedTuple):
    """A series whose machines Azure has stopped; ``pattern`` matches the lower-case name of its sizes."""

    series: str
    gpu: str
    retired: str
    pattern: re.Pattern[str]
    replacements: tuple[str, ...]


RETIRED = (
    RetiredSeries("NC", "K80", "2023-09", re.compile(r"standard_nc(6|12|24r?)(_promo)?$"), (T4,)),
    RetiredSeries("NCv2", "P100", "2023-09", re.compile(r"standard_nc(6|12|24r?)s_v2$"), (T4, A100)),
    RetiredSeries("ND", "P40", "2023-09", re.compile(r"standard_nd(6|12|24r?)s$"), (T4, A100)),
    RetiredSeries("NCv3", "V100", "2025-09-30", re.compile(r"standard_nc(6|12|24r?)s_v3$"), (T4, A100)),
    RetiredSeries("NV", "M60", "2023-09", re.compile(r"standard_nv(6|12|24)(_promo)?$"), (T4, A10)),
    RetiredSeries("NVv3", "M60", "2026-09-30", re.compile(r"standard_nv(12|24|48)s_v3$"), (T4, A10)),
)


def gpu_size(vm_size: str) -> GpuSize | None:
    """What a node of ``vm_size`` offers, or None when the size has no GPU that this project knows."""
    return {name.lower(): size for name, size in GPU_SIZES.items()}.get(vm_size.lower())


def check_vm_size(vm_size: str) -> str:
    """Return ``vm_size`` unchanged, or raise ValueError when it is retired, unknown, or no size at all.

    CPU sizes pass: whether a GPU is needed is for the caller to say.
    """
    lower = vm_size.lower()
    for series in RETIRED:
        if series.pattern.match(lower):
            raise ValueError(
                f"the {series.series} series ({series.gpu}) is retired ({series.retired}); "
                f"use {' or '.join(series.replacements)}"
            )
    if not lower.startswith("standard_"):
        raise ValueError(f"names of sizes begin with 'Standard_', as in {T4}")
    if lower.startswith("standard_n") and gpu_size(vm_size) is None:
        near = get_close_matches(vm_size, GPU_SIZES, n=1)
        known = f"did you mean {near[0]}?" if near else f"the known ones are {', '.join(GPU_SIZES)}"
        raise ValueError(f"not a GPU size listed in config/compute/vm_sizes.py: {known}")
    return vm_size
