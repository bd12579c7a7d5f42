"""
Virtual machine sizes: their cores, memory and GPUs.

Only a few are listed, for programs that look one up. Any other current size can be used as well.
"""

import re

from azureml_emulator.errors import BadRequest
from azureml_emulator.wire import Document

# Name: virtual CPUs, memory in GB, temporary disk in GB. Source: the size pages of Azure's documentation.
_SIZES = {
    "Standard_D2_v3": (2, 8, 50),
    "Standard_D4_v3": (4, 16, 100),
    "Standard_D8_v3": (8, 32, 200),
    "Standard_D16_v3": (16, 64, 400),
    "Standard_DS2_v2": (2, 7, 14),
    "Standard_DS3_v2": (4, 14, 28),
    "Standard_DS12_v2": (4, 28, 56),
    "Standard_NC4as_T4_v3": (4, 28, 176),
    "Standard_NC8as_T4_v3": (8, 56, 352),
    "Standard_NC16as_T4_v3": (16, 110, 352),
    "Standard_NC64as_T4_v3": (64, 440, 2816),
    "Standard_NC24ads_A100_v4": (24, 220, 64),
    "Standard_NC48ads_A100_v4": (48, 440, 128),
    "Standard_NC96ads_A100_v4": (96, 880, 256),
}
# Virtual CPUs and GB of memory of others that clusters are made of. Source: the same pages.
_MORE_SIZES: dict[str, tuple[int, float]] = {
    **{f"d{name}_v2": size for name, size in {2: (2, 7), 3: (4, 14), 4: (8, 28), 5: (16, 56)}.items()},
    **{f"d{name}_v2": size for name, size in {11: (2, 14), 12: (4, 28), 13: (8, 56), 14: (16, 112)}.items()},
    **{f"nv{cores}ads_a10_v5": (cores, 55 * cores / 6) for cores in (6, 12)},
    **{f"nv{cores}ads_a10_v5": (cores, 110 * cores / 9) for cores in (18, 36, 72)},
    "nv36adms_a10_v5": (36, 880),
    "nc40ads_h100_v5": (40, 320),
    "nc80adis_h100_v5": (80, 640),
}
_SERIES = {r"d(\d+)a?d?s?_v[3-7]": 4, r"e([248]|16|20|32|48)a?d?s?_v[3-7]": 8, r"f(\d+)s_v2": 2}
"""GB of memory for each of the CPUs whose number is in the name."""
# Whole GPUs a node; sizes with a fraction of an A10 count as one. Source: the size pages of Azure's documentation.
_GPUS = {
    r"nc(4|8|16)as_t4_v3": 1,
    r"nc64as_t4_v3": 4,
    r"nv(6|12|18|36)ad(m?)s_a10_v5": 1,
    r"nv72ads_a10_v5": 2,
    r"nc24ads_a100_v4": 1,
    r"nc48ads_a100_v4": 2,
    r"nc96ads_a100_v4": 4,
    r"nc40ads_h100_v5": 1,
    r"nc80adis_h100_v5": 2,
}
_RETIRED = re.compile(r"standard_(nc\d+r?|nc\d+r?s_v[23]|nd\d+r?s|nv\d+s_v3)(_promo)?", re.IGNORECASE)


def gpus_per_node(vm_size: str) -> int:
    """0 for a size without a GPU."""
    name = vm_size.lower().removeprefix("standard_")
    return next((count for pattern, count in _GPUS.items() if re.fullmatch(pattern, name)), 0)


def cores_and_memory(vm_size: str) -> tuple[int, float] | None:
    """Virtual CPUs and GB of memory; None for a size that isn't known here."""
    name = vm_size.lower().removeprefix("standard_")
    listed = {size.lower().removeprefix("standard_"): (cores, gb) for size, (cores, gb, _) in _SIZES.items()}
    known = _MORE_SIZES | listed
    if size := known.get(name) or known.get(re.sub(r"^ds(\d+_v2)$", r"d\1", name)):
        return size
    found = ((re.fullmatch(series, name), memory) for series, memory in _SERIES.items())
    return next(((int(match[1]), int(match[1]) * memory) for match, memory in found if match), None)


def is_retired(vm_size: str) -> bool:
    """NC (K80), NCv2 (P100), NCv3 (V100), ND (P40) and NVv3 (M60): Azure no longer has these."""
    return _RETIRED.fullmatch(vm_size) is not None


def check_size(vm_size: str) -> None:
    """Raises BadRequest for one that is retired."""
    if is_retired(vm_size):
        raise BadRequest(
            f"virtual machine size {vm_size} is retired: use a current one, for example Standard_NC4as_T4_v3",
            code="VmSizeNotSupported",
        )


def vm_sizes() -> list[Document]:
    return [
        {
            "name": name,
            "vCPUs": cpus,
            "gpus": gpus_per_node(name),
            "memoryGB": memory,
            "maxResourceVolumeMB": disk * 1024,
        }
        for name, (cpus, memory, disk) in _SIZES.items()
    ]
