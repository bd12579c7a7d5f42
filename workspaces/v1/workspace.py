"""A workspace through SDK v1.

The steps' environment has no azureml-pipeline packages, which take seconds to import: only what submits, publishes or
schedules reaches for them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from azureml.core import Workspace
from azureml.core.authentication import AbstractAuthentication, TokenAuthentication

from config.settings import Workspace as Names
from workspaces.accounts import Account
from workspaces.azure.access import ArmAccess
from workspaces.azure.accounts import account_of
from workspaces.azure.arm import Arm
from workspaces.azure.credential import find_credential
from workspaces.azure.errors import translated
from workspaces.azure.files import BlobFiles
from workspaces.azure.online_endpoints import OnlineEndpoints
from workspaces.v1.computes import V1Computes
from workspaces.v1.datastore import V1Datastore
from workspaces.v1.environments import V1Environments
from workspaces.v1.models import V1Models
from workspaces.v1.runs import V1Runs
from workspaces.v1.services import V1Services

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from workspaces.v1.pipelines import V1Pipelines
    from workspaces.v1.schedules import V1Schedules


class V1Workspace:
    """Implements workspaces.workspace.Workspace with an azureml.core.Workspace that somebody has signed in to.

    A run's token, by which the workspace of a run is reached, isn't for its storage: without ``credential`` that is
    whoever azure-identity finds.
    """

    def __init__(self, workspace: Workspace, credential: TokenCredential | None = None) -> None:
        self._workspace = workspace
        self.name, self.sdk = str(workspace.name), "v1"
        self.files = BlobFiles(V1Datastore(workspace, credential))
        self.models = V1Models(workspace)
        self.environments = V1Environments(workspace)
        self.runs = V1Runs(workspace)
        self._arm = arm_of(self._authentication)
        self.services = V1Services(workspace, OnlineEndpoints(self._arm, scope_of(workspace)))
        self.computes = V1Computes(workspace, self._arm)

    def _authentication(self) -> AbstractAuthentication:
        return self._workspace.service_context.get_auth()

    @cached_property
    def access(self) -> ArmAccess:
        return ArmAccess(self._arm, scope_of(self._workspace))

    @cached_property
    def pipelines(self) -> V1Pipelines:
        from workspaces.v1.pipelines import V1Pipelines

        return V1Pipelines(self._workspace)

    @cached_property
    def schedules(self) -> V1Schedules:
        from workspaces.v1.schedules import V1Schedules

        return V1Schedules(self._workspace)


def sign_in(names: Names) -> V1Workspace:
    """The workspace of these names, as whoever azure-identity finds signed in."""
    with translated():
        authentication, credential = authenticate()
        workspace = Workspace(names.subscription_id, names.resource_group, names.name, auth=authentication)
        return V1Workspace(workspace, credential)


def find_account() -> Account:
    """Whom azure-identity finds signed in. RequestError where nobody is, or Azure Resource Manager refuses them."""
    with translated():
        authentication, _ = authenticate()
        return account_of(arm_of(lambda: authentication))


def arm_of(find: Callable[[], AbstractAuthentication]) -> Arm:
    """Azure Resource Manager of the cloud that the SDK is in; the SDK has no public name for its address."""
    return Arm(lambda: str(find()._get_arm_end_point()).rstrip("/"), lambda: dict(find().get_authentication_header()))


def scope_of(workspace: Workspace) -> str:
    """The workspace's ARM id."""
    group = f"/subscriptions/{workspace.subscription_id}/resourceGroups/{workspace.resource_group}"
    return f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{workspace.name}"


def authenticate() -> tuple[TokenAuthentication, TokenCredential]:
    """Whoever azure-identity finds signed in, as the SDK takes them and as the storage does; asks for no token yet."""
    credential = find_credential()

    def get_token(audience: str) -> str:
        return credential.get_token(f"{audience.rstrip('/')}/.default").token

    return TokenAuthentication(get_token), credential
