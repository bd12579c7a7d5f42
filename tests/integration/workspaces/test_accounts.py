"""Who is signed in, told without a workspace; as the opening of one, it is one of the choices of workspaces.opening."""

from __future__ import annotations

import pytest

from azureml_emulator.state.credentials.tokens import TENANT_ID
from tests.integration.workspaces.local import NAMES, LocalWorkspace
from workspaces.accounts import Account, Subscription
from workspaces.errors import NotSignedIn, RequestError
from workspaces.opening import find_account

pytestmark = pytest.mark.usefixtures("open_port")  # which sets the variables that lead to the local workspace


def test_who_is_signed_in_is_told_with_the_tenant_and_its_subscriptions() -> None:
    seen = (Subscription(NAMES.subscription_id, "local workspace", "Enabled"),)
    assert find_account(NAMES) == Account("local-user", TENANT_ID, seen)


def test_who_may_not_list_subscriptions_is_told_so(local: LocalWorkspace) -> None:
    with local.answering(403, "GET"), pytest.raises(RequestError, match=r"Listing the subscriptions was refused \(403"):
        find_account(NAMES)


def test_who_gets_no_token_is_not_signed_in(local: LocalWorkspace) -> None:
    with local.without_credentials(), pytest.raises(NotSignedIn):
        find_account(NAMES)
