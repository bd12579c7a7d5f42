"""The two ways to reach a workspace, as whoever is signed in and as the run that a step is; and who is signed in.

The adapter is imported here and late: the SDK takes a second, and reads the address of its cloud while it does.
"""

import os
from pathlib import Path

from config.settings import Settings
from workspaces.accounts import Account
from workspaces.netrc import forget_netrc
from workspaces.runs import Run
from workspaces.workspace import Workspace


def open_workspace(settings: Settings) -> Workspace:
    """The workspace of ``settings``, as whoever azure-identity finds signed in.

    That is the environment's service principal or federated token, the machine's managed identity, or the user of
    the Azure CLI, in this order. On the steps' compute it is the managed identity, which services and the cluster need.
    """
    ensure_home()
    from workspaces.v1.workspace import sign_in

    forget_netrc()
    return sign_in(settings.workspace)


def find_account() -> Account:
    """Whom azure-identity finds signed in, as open_workspace() would be. RequestError where nobody is."""
    ensure_home()
    from workspaces.v1.accounts import find_account as find

    forget_netrc()
    return find()


def current_run() -> Run:
    """The run that this process is a step of. RequestError outside of one.

    ``current_run().workspace`` works with the run's own token: enough for runs, models and files. Azure Resource
    Manager, and with it computes, refuses it (MicrosoftDocs/azure-docs#20351); for services nothing is known.
    """
    ensure_home()
    from workspaces.v1.runs import current_run as current

    forget_netrc()
    return current()


def ensure_home() -> None:
    """SDK v1 can't be imported without HOME, which cron and systemd leave unset: it is the user's, or where we are."""
    if not os.environ.get("HOME"):
        home = os.path.expanduser("~")  # noqa: PTH111 -- Path.home() raises where nobody knows the user
        os.environ["HOME"] = home if Path(home).is_absolute() else str(Path.cwd())
