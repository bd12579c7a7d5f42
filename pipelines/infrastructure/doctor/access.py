"""What is found of the settings, the sign-in and the storage; pure."""

from config.exit_codes import ExitCode
from config.sections.workspace import PLACEHOLDER
from config.settings import Settings
from pipelines.infrastructure.doctor.finding import Finding, fail, ok, warn
from workspaces.accounts import Account
from workspaces.files import Credential

ENABLED = "Enabled"
UNUSABLE = ("Disabled", "Deleted")
"""Nothing can be made there any more.
https://learn.microsoft.com/azure/cost-management-billing/manage/subscription-states"""
MOST_NAMED = 5
WITH: dict[Credential, str] = {
    "account key": "with its account key",
    "shared access signature": "with a shared access signature",
    "identity": "as whoever is signed in, as it has no credential",
}


def of_settings(settings: Settings) -> Finding:
    """Those that could be read: whether anybody has filled them in."""
    if not settings.workspace.local and settings.workspace.subscription_id == PLACEHOLDER:
        mend = (
            f"write what `az account show --query id` prints into the file of the target {settings.target}, and the "
            "names of your resource group, workspace and AKS cluster"
        )
        return fail("workspace.subscription_id is a placeholder", mend, ExitCode.CONFIG)
    return ok(f"the target {settings.target}, with the service {settings.service_file}")


def of_account(account: Account, settings: Settings) -> Finding:
    """Who is signed in, and whether they see the subscription; the SDK refuses one that they don't."""
    wanted = settings.workspace.subscription_id
    who = f"{account.user}, tenant {account.tenant}"
    found = next((one for one in account.subscriptions if one.id.lower() == wanted.lower()), None)
    if found is None:
        mend = "`az login --tenant TENANT` with that of the subscription, or correct workspace.subscription_id"
        return fail(f"{who}, sees no subscription {wanted}, but {_seen(account)}", mend)
    text, mend = f"{who}; subscription {found.name} is {found.state}", "its owner sees why in Azure's portal"
    if found.state in UNUSABLE:
        return fail(text, mend)
    if found.state != ENABLED:
        return warn(text, mend)
    return ok(f"{who}; subscription {found.name}")


def _seen(account: Account) -> str:
    names = [f"{one.name} ({one.id})" for one in account.subscriptions[:MOST_NAMED]]
    more = ["others"] if len(account.subscriptions) > MOST_NAMED else []
    return ", ".join([*names, *more]) or "none at all"


def of_datastore(name: str, credential: Credential) -> Finding:
    """The default datastore, after its files could be listed."""
    return ok(f"{name} is read {WITH[credential]}")
