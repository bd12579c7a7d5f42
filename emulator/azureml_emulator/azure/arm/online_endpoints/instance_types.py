"""Sizes of virtual machines that managed online endpoints take: fewer than computes do.

https://learn.microsoft.com/azure/machine-learning/reference-managed-online-endpoints-vm-sku-list, as
MicrosoftDocs/azure-ai-docs has it at 1d987e3; less the families that Azure has retired since.
"""

import re

_FAMILIES = (
    r"d([248]|16|32|48|64|96)as?_v4",
    r"ds[1-5]_v2",
    r"e([248]|16|32|48|64)s_v3",
    r"f([248]|16|32|48|64|72)s_v2",
    r"fx(4|12|24|36|48)mds",
    r"l(8|16|32|48|64|80)(as_v3|s_v[23])",
    r"nc(4|8|16|64)as_t4_v3",
    r"nc(24|48|96)ads_a100_v4",
    r"nc40ads_h100_v5",
    r"nc80adis_h100_v5",
    r"nd40rs_v2",
    r"nd96(asr_v4|amsr_a100_v4|isr?_h100_v5)",
    r"nv(6|12|18|36|72)ads_a10_v5",
    r"nv36adms_a10_v5",
)
_SERVED = re.compile(f"standard_({'|'.join(_FAMILIES)})", re.IGNORECASE)


def is_served(instance_type: str) -> bool:
    return _SERVED.fullmatch(instance_type) is not None
