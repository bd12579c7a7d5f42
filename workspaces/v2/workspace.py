"""A workspace through SDK v2.

The SDK's parts for pipelines take a while to import: only what submits, publishes or schedules reaches for them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from config.settings import Workspace as Names
from workspaces.accounts import Account
from workspaces.azure.access import ArmAccess
from workspaces.azure.accounts import account_of
from workspaces.azure.credential import find_credential
from workspaces.azure.errors import translated
from workspaces.azure.files import BlobFiles
from workspaces.v2.computes import V2Computes
from workspaces.v2.connection import Connection, arm_of
from workspaces.v2.datastore import V2Datastore
from workspaces.v2.environments import V2Environments
from workspaces.v2.jobs.runs import V2Runs
from workspaces.v2.models import V2Models
from workspaces.v2.online_endpoints.services import V2Services

if TYPE_CHECKING:
    from workspaces.v2.jobs.pipelines import V2Pipelines
    from workspaces.v2.jobs.schedules import V2Schedules


class V2Workspace:
    """Implements workspaces.workspace.Workspace."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.name, self.sdk = connection.name, "v2"
        self.files = BlobFiles(V2Datastore(connection))
        self.models = V2Models(connection, self.files)
        self.environments = V2Environments(connection, self.files)
        self.services = V2Services(connection)
        self.runs = V2Runs(connection)
        self.computes = V2Computes(connection)
        self.access = ArmAccess(connection.arm, connection.scope)

    @cached_property
    def pipelines(self) -> V2Pipelines:
        from workspaces.v2.jobs.pipelines import V2Pipelines

        return V2Pipelines(self._connection, self.environments)

    @cached_property
    def schedules(self) -> V2Schedules:
        from workspaces.v2.jobs.schedules import V2Schedules

        return V2Schedules(self._connection)


def sign_in(names: Names) -> V2Workspace:
    """The workspace of these names, as whoever azure-identity finds signed in."""
    with translated():
        return V2Workspace(Connection(names, find_credential()))


def find_account() -> Account:
    """Whom azure-identity finds signed in. RequestError where nobody is, or Azure Resource Manager refuses them."""
    with translated():
        return account_of(arm_of(find_credential()))
