"""What is found of the two computes of a release, as Azure ML and Azure Resource Manager tell of them; pure."""

from config.compute.vm_sizes import check_vm_size
from config.exit_codes import ExitCode
from config.sections.workspace import PLACEHOLDER
from config.settings import Compute, Settings
from pipelines.infrastructure.attachable import notes, obstacles
from pipelines.infrastructure.doctor.finding import Finding, fail, ok, warn
from workspaces.computes import AML_COMPUTE, SERVING, ClusterId, ComputeState, ManagedCluster

SUCCEEDED = "Succeeded"


def of_compute(found: ComputeState | None, settings: Settings) -> Finding:
    """The compute that runs the steps."""
    wanted = settings.compute
    if found is None:
        return _missing(f"there is no compute {wanted.name}", "creates it", settings)
    wrong = _of_state(found, AML_COMPUTE, "compute.name") or _of_size(found, wanted.vm_size, "compute")
    wrong = wrong or _of_identity(found, wanted, settings)
    if wrong:
        return wrong
    nodes, others = _scale(found), _scale(wanted)
    if nodes != others:
        return warn(f"{found.name} has {nodes}; the settings say {others}", _provision(settings, "changes it"))
    return ok(f"{found.name} has {nodes}, and an identity")


def of_placeholder(cluster: ClusterId) -> Finding | None:
    """That nobody has named the AKS cluster yet, so that none can be looked for."""
    if cluster.subscription != PLACEHOLDER:
        return None
    mend = "write the id that the cluster has, or is to have, into cluster.resource_id of the target's file"
    return fail("cluster.resource_id is a placeholder", mend, ExitCode.CONFIG)


def of_cluster(
    cluster: ClusterId, found: ManagedCluster | None, attached: ComputeState | None, settings: Settings
) -> Finding:
    """The AKS cluster that the settings name, attached or not."""
    if settings.workspace.local and found is None:
        if attached:
            return ok(f"{attached.name} is made up")
        return _missing("there is none yet", "makes one up", settings)
    wrong = obstacles(cluster, found, settings.cluster)
    if wrong:
        text = f"{cluster.name}: {'; '.join(one.problem for one in wrong)}"
        lines = "; ".join(f"`{line}`" for one in wrong for line in one.mend)
        return fail(text, lines if attached else _provision(settings, "prints the lines for it", "--dry-run"))
    if found and (to_know := notes(found, settings.cluster)):
        return warn(" ".join(to_know), "docs/azure.md, part 5, says what fits")
    return ok(f"{cluster.name} has what Azure ML attaches")


def of_attachment(found: ComputeState | None, cluster: ClusterId, settings: Settings) -> Finding:
    """The cluster as the workspace knows it."""
    if found is None:
        return _missing(f"{cluster.name} isn't attached", "attaches it", settings)
    wrong = _of_state(found, SERVING[settings.workspace.sdk], "cluster.name") or _of_size(
        found, settings.cluster.vm_size, "cluster"
    )
    if wrong:
        return wrong
    if found.resource_id and found.resource_id.lower() != str(cluster).lower():
        mend = f"write {found.resource_id} into cluster.resource_id, or choose another cluster.name"
        return fail(f"{found.name} is another AKS cluster than cluster.resource_id says", mend, ExitCode.CONFIG)
    if not found.tls and not settings.workspace.local:
        text = f"{found.name} is attached without TLS: keys and requests travel unencrypted"
        return warn(text, "docs/operating.md says how to attach it with TLS")
    return ok(f"attached as {found.name}, {found.nodes} nodes of {found.vm_size}")


def _scale(one: ComputeState | Compute) -> str:
    return f"{one.min_nodes} to {one.max_nodes} nodes, given back after {one.idle_seconds} s"


def _missing(text: str, does: str, settings: Settings) -> Finding:
    """In the local workspace a run makes what is missing."""
    if settings.workspace.local:
        return warn(text, f"nothing; `amlgpu run` {does}, as `amlgpu provision {settings.options}` would")
    return fail(text, _provision(settings, does))


def _provision(settings: Settings, does: str, option: str = "") -> str:
    return f"`amlgpu provision {settings.options}{option and f' {option}'}` {does}"


def _of_state(found: ComputeState, kind: str, key: str) -> Finding | None:
    if found.kind != kind:
        return fail(f"{found.name} is a {found.kind}, not {kind}", f"choose another {key} in the target's file")
    if found.state == "Failed":
        return fail(f"making {found.name} failed", "delete it in studio, which says why, then provision again")
    if found.state != SUCCEEDED:
        return warn(f"{found.name} is {found.state}, not {SUCCEEDED}", "wait, then look again")
    return None


def _of_size(found: ComputeState, wanted: str, section: str) -> Finding | None:
    mend = f"choose another {section}.name, or remove {found.name} first: the size of a node can't be changed"
    if not found.vm_size:
        return None
    try:
        check_vm_size(found.vm_size)
    except ValueError as error:
        return fail(f"{found.name} has nodes of {found.vm_size}: {error}", mend)
    if found.vm_size.lower() != wanted.lower():
        return fail(f"{found.name} has nodes of {found.vm_size}, {section}.vm_size is {wanted}", mend)
    return None


def _of_identity(found: ComputeState, wanted: Compute, settings: Settings) -> Finding | None:
    """Steps sign in as it: the token of a run doesn't reach services and clusters."""
    if wanted.identity_id and wanted.identity_id.lower() not in found.identity_ids:
        text = f"{found.name} hasn't the identity {wanted.identity_id.rpartition('/')[2]} of compute.identity_id"
        return fail(text, _provision(settings, "gives it"))
    if not found.has_identity:
        mend = "set compute.identity_id and provision again, or give it a system-assigned identity in studio"
        return fail(f"{found.name} has no identity, as which steps could sign in", mend)
    return None
