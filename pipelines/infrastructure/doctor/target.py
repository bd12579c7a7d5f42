"""What the checks look at: a target, each part of which is asked for by the first check that needs it."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property

from config.sections.workspace import PLACEHOLDER
from config.settings import Settings
from pipelines.infrastructure.provision import cluster_id
from workspaces.access import Resources
from workspaces.accounts import Account
from workspaces.computes import ClusterId, ComputeState, ManagedCluster
from workspaces.errors import RequestError
from workspaces.workspace import Workspace

Reach = Callable[[Settings], AbstractContextManager[None]]
"""Sends the SDK to where the settings say; LocalWorkspaceError where nothing answers there."""


class Target:
    def __init__(self, read: Callable[[], Settings], reach: Reach, stack: ExitStack) -> None:
        self._read, self._reach, self._stack = read, reach, stack

    @cached_property
    def settings(self) -> Settings:
        return self._read()

    @cached_property
    def account(self) -> Account:
        self._stack.enter_context(self._reach(self.settings))
        from workspaces.opening import find_account

        return find_account(self.settings.workspace)

    @cached_property
    def workspace(self) -> Workspace:
        from workspaces.opening import open_workspace

        return open_workspace(self.settings)

    @cached_property
    def managed(self) -> ManagedCluster | None:
        """The cluster as Azure Resource Manager tells of it."""
        return self.workspace.computes.find_managed_cluster(self.cluster)

    @cached_property
    def resources(self) -> Resources:
        return self.workspace.access.resources()

    @cached_property
    def attached(self) -> ComputeState | None:
        return self.workspace.computes.find(self.settings.cluster.name)

    @cached_property
    def cluster(self) -> ClusterId:
        """That of the settings; where they needn't name one, the one that is attached."""
        if not self.settings.cluster.resource_id and self.attached and self.attached.resource_id:
            return ClusterId.of(self.attached.resource_id)
        return cluster_id(self.settings)

    @property
    def cluster_is_made(self) -> bool:
        """Who may not read it knows it by its attachment."""
        if self.cluster.subscription == PLACEHOLDER:
            return False
        try:
            return self.managed is not None
        except RequestError:
            return self.attached is not None
