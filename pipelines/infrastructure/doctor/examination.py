"""The checks in their order. Each is one look at the target; what depends on one that failed is skipped."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property

from config.errors import AmlGpuError
from config.settings import Settings
from pipelines.infrastructure.doctor import access, computes
from pipelines.infrastructure.doctor.finding import Finding, in_a_line, of_error, ok, skipped, warn
from pipelines.infrastructure.doctor.image import of_image
from pipelines.infrastructure.doctor.versions import of_versions
from pipelines.infrastructure.provision import cluster_id
from steps.rollout.lease_file import FOLDER
from workspaces.accounts import Account
from workspaces.computes import ClusterId, ComputeState
from workspaces.errors import RequestError
from workspaces.workspace import Workspace

Reach = Callable[[Settings], AbstractContextManager[None]]
"""Sends the SDK to where the settings say; LocalWorkspaceError where nothing answers there."""


class Target:
    """What the checks look at, each part asked for by the first one that needs it."""

    def __init__(self, read: Callable[[], Settings], reach: Reach, stack: ExitStack) -> None:
        self._read, self._reach, self._stack = read, reach, stack

    @cached_property
    def settings(self) -> Settings:
        return self._read()

    @cached_property
    def account(self) -> Account:
        self._stack.enter_context(self._reach(self.settings))
        from workspaces.opening import find_account

        return find_account()

    @cached_property
    def workspace(self) -> Workspace:
        from workspaces.opening import open_workspace

        return open_workspace(self.settings)

    @cached_property
    def attached(self) -> ComputeState | None:
        return self.workspace.computes.find(self.settings.cluster.name)

    @cached_property
    def cluster(self) -> ClusterId:
        """That of the settings; where they needn't name one, the one that is attached."""
        if not self.settings.cluster.resource_id and self.attached and self.attached.resource_id:
            return ClusterId.of(self.attached.resource_id)
        return cluster_id(self.settings)


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


def _of_versions(_target: Target) -> Finding:
    return of_versions(datetime.now(timezone.utc).date())


def _of_account(target: Target) -> Finding:
    return access.of_account(target.account, target.settings)


def _of_workspace(target: Target) -> Finding:
    return ok(f"{target.workspace.name} in the resource group {target.settings.workspace.resource_group}")


def _of_datastore(target: Target) -> Finding:
    files = target.workspace.files
    files.sizes(FOLDER)  # what lies there is small, and of this project
    return access.of_datastore(files.datastore, files.credential)


def _of_compute(target: Target) -> Finding:
    return computes.of_compute(target.workspace.computes.find(target.settings.compute.name), target.settings)


def _of_cluster(target: Target) -> Finding:
    """Only who attaches a cluster needs to read it."""
    if unnamed := computes.of_placeholder(target.cluster):
        return unnamed
    try:
        found = target.workspace.computes.find_managed_cluster(target.cluster)
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


OF_WORKSPACE = "ask for the role AzureML Data Scientist on the workspace"
CHECKS = (
    Check("settings", None, _of_settings, "correct it there; docs/configuration.md has every key"),
    Check("versions", None, _of_versions),
    Check("sign-in", "settings", _of_account, "sign in with `az login`, or as azure-identity documents"),
    Check(
        "workspace",
        "sign-in",
        _of_workspace,
        f"correct workspace.resource_group and workspace.name in the target's file, or {OF_WORKSPACE}",
    ),
    Check("datastore", "workspace", _of_datastore, "docs/azure.md, storage without keys, says which roles it needs"),
    Check("compute", "workspace", _of_compute, OF_WORKSPACE),
    Check("AKS cluster", "workspace", _of_cluster, "ask for the role Reader on the cluster"),
    Check("attachment", "AKS cluster", _of_attachment, OF_WORKSPACE),
    Check("base image", "settings", _of_image),
)
NEEDS = {check.name: check.needs for check in CHECKS}
