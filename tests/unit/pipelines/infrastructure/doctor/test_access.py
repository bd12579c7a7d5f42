import pytest

from config.settings import Settings, load_settings
from pipelines.infrastructure.doctor.access import of_account, of_datastore, of_settings
from workspaces.accounts import Account, Subscription

ID = "11111111-0000-0000-0000-00000000000a"


@pytest.fixture
def settings() -> Settings:
    return load_settings("dev", {"workspace.subscription_id": ID.upper()}, environ={})


def account(*subscriptions: Subscription) -> Account:
    return Account("ada@example.com", "tenant-1", subscriptions)


def test_a_file_that_nobody_filled_in_is_told_by_its_key_and_target(settings: Settings) -> None:
    unfilled = of_settings(load_settings("dev", environ={}))
    assert (unfilled.outcome, unfilled.exit_code) == ("fail", 2)
    assert "workspace.subscription_id" in unfilled.text
    assert "the target dev" in unfilled.mend
    assert of_settings(settings).outcome == of_settings(load_settings("local", environ={})).outcome == "ok"


def test_who_is_signed_in_and_where_is_told(settings: Settings) -> None:
    seen = account(Subscription("other", "Other", "Enabled"), Subscription(ID, "Ours", "Enabled"))
    found = of_account(seen, settings)
    assert (found.outcome, found.text) == ("ok", "ada@example.com, tenant tenant-1; subscription Ours")


@pytest.mark.parametrize(("state", "outcome"), [("Warned", "warn"), ("PastDue", "warn"), ("Disabled", "fail")])
def test_a_subscription_that_is_not_enabled_is_told(settings: Settings, state: str, outcome: str) -> None:
    found = of_account(account(Subscription(ID, "Ours", state)), settings)
    assert found.outcome == outcome
    assert state in found.text


def test_a_subscription_that_is_not_seen_fails_with_those_that_are(settings: Settings) -> None:
    seen = of_account(account(*(Subscription(str(n), f"Sub{n}", "Enabled") for n in range(7))), settings)
    assert (seen.outcome, seen.exit_code) == ("fail", 7)
    assert "Sub0 (0), Sub1 (1), Sub2 (2), Sub3 (3), Sub4 (4), others" in seen.text
    assert "az login --tenant" in seen.mend
    assert of_account(account(), settings).text.endswith("but none at all")


def test_what_a_datastore_is_read_with_is_told() -> None:
    assert of_datastore("store", "account key").text == "store is read with its account key"
    assert "as whoever is signed in" in of_datastore("store", "identity").text
