"""Whether the quotas of the region have room for the compute and the cluster that the settings want; pure."""

import re
from collections.abc import Iterable, Sequence

from config.compute.vm_sizes import GPU_SIZES
from config.settings import Settings
from pipelines.infrastructure.doctor.finding import Finding, fail, ok, skipped, warn
from workspaces.access import Usage

FAMILIES = (
    (re.compile(r"standard_nc\d+as_t4_v3"), "ncasv3t4"),
    (re.compile(r"standard_nv\d+adm?s_a10_v5"), "nvadsa10v5"),
    (re.compile(r"standard_nc\d+ads_a100_v4"), "ncadsa100v4"),
    (re.compile(r"standard_nc\d+adi?s_h100_v5"), "ncadsh100v5"),
)
"""The families of the sizes that `config.compute.vm_sizes` knows, by what is left of their names in every list."""
ALL_CORES = ("cores", "totaldedicatedcores", "total cluster dedicated regional vcpus")
"""Names of the quotas of all sizes of a region together: that of virtual machines, and Azure ML's, which answers in the
second way (2026); its specification has the third."""
UNLIMITED = -1
ASK = "ask for more of them on the portal's page Quotas, or choose another size; docs/azure.md, part 4"


def of_quotas(
    settings: Settings, of_steps: Sequence[Usage], of_machines: Sequence[Usage], *, cluster_is_made: bool
) -> Finding:
    """``of_steps`` is Azure ML's list. Nodes that are there are in the numbers already."""
    compute, cluster = settings.compute, settings.cluster
    wanted = (compute.name, compute.vm_size, compute.max_nodes, of_steps)
    found = [_room(*wanted, "Azure ML's"), _room_of_all(*wanted, "Azure ML's quota of all computes")]
    if not cluster_is_made:
        machines = "the quota of all virtual machines"
        found += [_room(cluster.name, cluster.vm_size, cluster.nodes, of_machines, "the virtual machines'")]
        found += [_room_of_all("the cluster", cluster.vm_size, cluster.nodes, of_machines, machines)]
    worst = max(found, key=lambda one: ("ok", "skipped", "warn", "fail").index(one.outcome))
    text = "; ".join(one.text for one in found if one.text and one.outcome == worst.outcome)
    return Finding(worst.outcome, text, worst.mend)


def family_of(vm_size: str) -> str | None:
    """None of a size that isn't known here."""
    return next((family for pattern, family in FAMILIES if pattern.fullmatch(vm_size.lower())), None)


def plain(name: str) -> str:
    """What is left of a quota's name: ``Standard NCASv3_T4 Family Cluster Dedicated vCPUs`` is ``ncasv3t4``."""
    return re.sub(r"standard|family|cluster|dedicated|vcpus|[ _]", "", name.lower())


def _room(name: str, vm_size: str, nodes: int, usages: Iterable[Usage], whose: str) -> Finding:
    family, size = family_of(vm_size), GPU_SIZES.get(vm_size)
    if family is None or size is None:
        return skipped(f"nobody here knows which quota {vm_size} counts for", "`az vm list-usage` lists all")
    usage = next((one for one in usages if plain(one.name) == family), None)
    if usage is None:
        return warn(f"{whose} list has no quota of {vm_size}", "choose a size, or a region, that it has")
    return _judged(name, nodes * size.vcpus, usage, f"{whose} quota of {usage.name}")


def _room_of_all(name: str, vm_size: str, nodes: int, usages: Iterable[Usage], quota: str) -> Finding:
    size, usage = GPU_SIZES.get(vm_size), next((one for one in usages if one.name.lower() in ALL_CORES), None)
    if size is None or usage is None:
        return ok("")
    return _judged(name, nodes * size.vcpus, usage, f"{quota} of the region")


def _judged(name: str, wanted: int, usage: Usage, quota: str) -> Finding:
    has = f"{quota} has {usage.limit} virtual CPUs"
    if usage.limit == UNLIMITED or wanted <= usage.limit - usage.used:
        return ok(f"{has}, {usage.used} used; {name} wants {wanted}")
    if wanted <= usage.limit:
        return warn(f"{has}, {usage.used} used, which may be by {name}, which wants {wanted}", ASK)
    return fail(f"{has}; {name} wants {wanted}", ASK)
