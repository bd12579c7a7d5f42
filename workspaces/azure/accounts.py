"""Who is signed in, and what Azure Resource Manager shows them."""

from collections.abc import Iterator
from typing import Any

import jwt

from workspaces.accounts import Account, Subscription
from workspaces.azure.arm import Arm, understanding
from workspaces.azure.errors import translated

API_VERSION = "2022-12-01"
UNKNOWN = "unknown"
NAMES = ("upn", "unique_name", "preferred_username", "email", "xms_mirid", "appid", "azp", "oid")
"""Claims that say who it is, the most telling first; ``xms_mirid`` is a managed identity's ARM id.
https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference"""


def account_of(arm: Arm) -> Account:
    """Whom azure-identity finds signed in. RequestError where nobody is, or Azure Resource Manager refuses them."""
    with translated():
        claims = _claims(arm.header()["Authorization"].partition(" ")[2])
        user = next((str(claims[name]) for name in NAMES if claims.get(name)), UNKNOWN)
        return Account(user, str(claims.get("tid") or UNKNOWN), tuple(_subscriptions(arm)))


def _claims(token: str) -> dict[str, Any]:
    """What the token says, to be shown: whoever gets it checks it. Nothing of one that can't be read."""
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return {}
    return claims


def _subscriptions(arm: Arm) -> Iterator[Subscription]:
    """https://learn.microsoft.com/rest/api/resources/subscriptions/list"""
    path = f"/subscriptions?api-version={API_VERSION}"
    what = "Listing the subscriptions"
    with understanding(what):
        for one in arm.read_all(path, what):
            yield Subscription(one["subscriptionId"], one.get("displayName") or "", one.get("state") or UNKNOWN)
