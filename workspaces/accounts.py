"""Whoever is signed in, known before any workspace is opened."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Subscription:
    """A subscription of Azure, as whoever is signed in sees it."""

    id: str
    name: str
    state: str
    """``Enabled`` when resources in it can be used."""


@dataclass(frozen=True)
class Account:
    """Whom azure-identity finds signed in, by the token that was issued."""

    user: str
    """Name of the user, or what is known of an application or a managed identity."""
    tenant: str
    """Id of the tenant that issued the token; ``unknown`` where the token doesn't tell."""
    subscriptions: tuple[Subscription, ...]
    """Those of this tenant that the account can see."""
