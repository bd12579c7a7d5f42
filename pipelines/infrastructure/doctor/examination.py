"""The checks in their order. Each is one look at the target; what depends on one that failed is skipped."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone

from config.errors import AmlGpuError
from config.settings import Settings
from pipelines.infrastructure.doctor import access, computes, quotas, roles
from pipelines.infrastructure.doctor.finding import Finding, in_a_line, of_error, ok, skipped, warn
from pipelines.infrastructure.doctor.image import of_image
from pipelines.infrastructure.doctor.target import Reach, Target
from pipelines.infrastructure.doctor.versions import of_versions
from steps.rollout.lease_file import FOLDER
from workspaces.errors import RequestError


@dataclass(frozen=True)
class Check:
    """One row of the table."""

    name: str
    needs: str | None
    """The check without whose success this one tells nothing."""
    look: Callable[[Target], Finding]
    mend: str = ""
    """What to do where Azure's refusal doesn't say it."""


def examine(read: Callable[[], Settings], reach: Reach) -> dict[str, Finding]:
    """What each check found, in their order. ``read`` loads the settings, or raises ConfigError."""
    found: dict[str, Finding] = {}
    with ExitStack() as stack:
        target = Target(read, reach, stack)
        for check in CHECKS:
            root = _root(check.needs, found)
            found[check.name] = skipped(f"not looked at: {root} failed") if root else _looked(check, target)
    return found


def _root(needs: str | None, found: dict[str, Finding]) -> str | None:
    """The check that failed, and on which this one depends, if only through others."""
    if needs is None or found[needs].outcome in ("ok", "warn"):
        return None
    return needs if found[needs].outcome == "fail" else _root(NEEDS[needs], found)


def _looked(check: Check, target: Target) -> Finding:
    try:
        return check.look(target)
    except AmlGpuError as error:
        return of_error(error, check.mend)


def _of_settings(target: Target) -> Finding:
    return access.of_settings(target.settings)


def _of_versions(target: Target) -> Finding:
    return of_versions(datetime.now(timezone.utc).date(), target.settings.workspace.sdk)


def _of_account(target: Target) -> Finding:
    return access.of_account(target.account, target.settings)


def _of_workspace(target: Target) -> Finding:
    return ok(f"{target.workspace.name} in the resource group {target.settings.workspace.resource_group}")


def _of_datastore(target: Target) -> Finding:
    files = target.workspace.files
    files.sizes(FOLDER)  # what lies there is small, and of this project
    return access.of_datastore(files.datastore, files.credential)


def _of_quotas(target: Target) -> Finding:
    if target.settings.workspace.local:
        return skipped("the local workspace has machines enough")
    known, region = target.workspace.access, target.resources.region
    usages = known.compute_usages(region), known.machine_usages(region)
    return quotas.of_quotas(target.settings, *usages, cluster_is_made=target.cluster_is_made)


def _of_steps_roles(target: Target) -> Finding:
    """On the workspace, and on its storage where that is asked as whoever is signed in."""
    if target.settings.workspace.local:
        return skipped(NO_ROLES)
    known, compute = target.workspace.access, target.settings.compute
    principal = roles.principal_of_steps(known.principals(compute.name), compute)
    if principal is None:
        return skipped(f"nobody tells whose identity {compute.name} has", "look at it in studio")
    scope = target.resources.workspace
    found = roles.of_steps(principal, known.roles(principal, scope), scope)
    if found.outcome != "ok" or target.workspace.files.credential != "identity":
        return found
    storage = target.resources.storage
    stored = roles.of_storage(principal, known.roles(principal, storage), storage)
    return ok(f"{found.text}, {stored.text}") if stored.outcome == "ok" else stored


def _of_workspace_roles(target: Target) -> Finding:
    if target.settings.workspace.local:
        return skipped(NO_ROLES)
    principal, scope = target.resources.principal, str(target.cluster)
    if principal is None:
        return skipped("the workspace has no identity of its own", f"its user-assigned one needs a role on {scope}")
    return roles.of_workspace(principal, target.workspace.access.roles(principal, scope), scope)


def _if_told(look: Callable[[Target], Finding]) -> Callable[[Target], Finding]:
    """What may not be read is no fault of the target's."""

    def of_what_is_told(target: Target) -> Finding:
        try:
            return look(target)
        except RequestError as error:
            reader = "if that is a refusal (403), the role Reader on it lets this be looked at; else look again"
            return skipped(f"may not be read: {in_a_line(error)}", reader)

    return of_what_is_told


def _if_there(look: Callable[[Target], Finding]) -> Callable[[Target], Finding]:
    """Machines of Azure ML's own are no cluster."""

    def of_a_cluster(target: Target) -> Finding:
        return (
            skipped("the service runs on Azure ML's own machines") if target.settings.cluster.managed else look(target)
        )

    return of_a_cluster


def _of_compute(target: Target) -> Finding:
    return computes.of_compute(target.workspace.computes.find(target.settings.compute.name), target.settings)


def _of_cluster(target: Target) -> Finding:
    """Only who attaches a cluster needs to read it."""
    if unnamed := computes.of_placeholder(target.cluster):
        return unnamed
    try:
        found = target.managed
    except RequestError as error:
        if target.attached is None:
            raise
        return warn(in_a_line(error), "the role Reader on the cluster lets this be looked at; it is attached already")
    return computes.of_cluster(target.cluster, found, target.attached, target.settings)


def _of_attachment(target: Target) -> Finding:
    return computes.of_attachment(target.attached, target.cluster, target.settings)


def _of_image(target: Target) -> Finding:
    if target.settings.workspace.local:
        return skipped("the local workspace builds no image")
    return of_image(target.settings.environment.base_image)


NO_ROLES = "in the local workspace everybody may do everything"
OF_WORKSPACE = "ask for the role AzureML Data Scientist on the workspace"
CHECKS = (
    Check("settings", None, _of_settings, "correct it there; docs/configuration.md has every key"),
    Check("versions", "settings", _of_versions),
    Check("sign-in", "versions", _of_account, "sign in with `az login`, or as azure-identity documents"),
    Check(
        "workspace",
        "sign-in",
        _of_workspace,
        f"correct workspace.resource_group and workspace.name in the target's file, or {OF_WORKSPACE}",
    ),
    Check("datastore", "workspace", _of_datastore, "docs/azure.md, storage without keys, says which roles it needs"),
    Check("quota", "workspace", _if_told(_of_quotas)),
    Check("compute", "workspace", _of_compute, OF_WORKSPACE),
    Check("steps' roles", "compute", _if_told(_of_steps_roles)),
    Check("AKS cluster", "workspace", _if_there(_of_cluster), "ask for the role Reader on the cluster"),
    Check("workspace's roles", "AKS cluster", _if_there(_if_told(_of_workspace_roles))),
    Check("attachment", "AKS cluster", _if_there(_of_attachment), OF_WORKSPACE),
    Check("base image", "settings", _of_image),
)
NEEDS = {check.name: check.needs for check in CHECKS}
