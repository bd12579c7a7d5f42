"""How clients prove to the storage of the workspace's datastores who they are."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azureml_emulator.state.store import Store

_KEPT = ("workspace", "system datastores auth mode")


class AuthMode(str, Enum):
    """Values of a workspace's ``systemDatastoresAuthMode``.

    https://learn.microsoft.com/javascript/api/@azure/arm-machinelearning/knownsystemdatastoresauthmode
    """

    ACCESS_KEY = "AccessKey"
    IDENTITY = "Identity"
    """Datastores have no credential: clients bring tokens of their own."""
    USER_DELEGATION_SAS = "UserDelegationSAS"

    @classmethod
    def of(cls, name: str) -> AuthMode | None:
        """By its name in any case, as Azure takes it."""
        return next((mode for mode in cls if mode.value.lower() == name.lower()), None)


def auth_mode(store: Store) -> AuthMode:
    """Signed addresses, unless it was set: every client of Azure ML can use them, its native library included."""
    kept = store.find(*_KEPT)
    return AuthMode(kept["mode"]) if kept else AuthMode.USER_DELEGATION_SAS


def set_auth_mode(store: Store, mode: AuthMode) -> None:
    store.put(*_KEPT, {"mode": mode.value})
