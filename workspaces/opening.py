"""The two ways to reach a workspace, as whoever is signed in and as the run that a step is; and who is signed in.

The adapter is chosen and imported here and late: an SDK takes a second, reads the address of its cloud while it does,
and needn't be installed where the other is used.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.errors import WorkspaceError
from config.settings import Settings
from config.settings import Workspace as Names
from workspaces.accounts import Account
from workspaces.azure.certificates import share_certificates
from workspaces.jobs.runs import Run
from workspaces.netrc import forget_netrc
from workspaces.workspace import Workspace

SDK_VARIABLE = "AMLGPU_WORKSPACE__SDK"
"""The setting as a variable: every step that SDK v2's adapter defines has it, so that it is reached by the same."""
PACKAGES = ("azure", "azureml")
PYTHONS = {"v1": "3.10 and 3.11", "v2": "3.10 to 3.13"}


def open_workspace(settings: Settings) -> Workspace:
    """The workspace of ``settings``, as whoever azure-identity finds signed in.

    That is the environment's service principal or federated token, the machine's managed identity, or the user of
    the Azure CLI, in this order. On the steps' compute it is the managed identity, which services and the cluster need.
    """
    with _choosing(settings.workspace.sdk):
        if settings.workspace.sdk == "v2":
            from workspaces.v2.workspace import sign_in as sign_in_v2

            return sign_in_v2(settings.workspace)
        from workspaces.v1.workspace import sign_in

        return sign_in(settings.workspace)


def find_account(names: Names) -> Account:
    """Whom azure-identity finds signed in, as open_workspace() would be. RequestError where nobody is."""
    with _choosing(names.sdk):
        if names.sdk == "v2":
            from workspaces.v2.workspace import find_account as find_v2

            return find_v2()
        from workspaces.v1.workspace import find_account as find

        return find()


def current_run() -> Run:
    """The run that this process is a step of. RequestError outside of one.

    ``current_run().workspace`` works with the run's own token: enough for runs, models and files. Azure Resource
    Manager, and with it computes, refuses it (MicrosoftDocs/azure-docs#20351); for services nothing is known. SDK v2
    has no such token: there it works as the compute's managed identity.
    """
    sdk = os.environ.get(SDK_VARIABLE, "v1")
    with _choosing(sdk):
        if sdk == "v2":
            from workspaces.v2.jobs.runs import current_run as current_v2

            return current_v2()
        from workspaces.v1.runs import current_run as current

        return current()


@contextmanager
def _choosing(sdk: str) -> Iterator[None]:
    """WorkspaceError where the packages of that SDK aren't installed."""
    ensure_home()
    try:
        forget_netrc()
        share_certificates()
        yield
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in PACKAGES:
            raise
        raise WorkspaceError(
            f"workspace.sdk={sdk} needs packages that aren't installed here ({missing.name}): "
            f"pip install -e '.[sdk-{sdk}]' brings them, on Python {PYTHONS[sdk]}"
        ) from missing


def ensure_home() -> None:
    """SDK v1 can't be imported without HOME, which cron and systemd leave unset: it is the user's, or where we are."""
    if not os.environ.get("HOME"):
        home = os.path.expanduser("~")  # noqa: PTH111 -- Path.home() raises where nobody knows the user
        os.environ["HOME"] = home if Path(home).is_absolute() else str(Path.cwd())
