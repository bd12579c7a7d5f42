"""Whether the identities of a release have the roles that docs/azure.md lists; pure."""

from collections.abc import Mapping

from config.settings import Compute
from pipelines.infrastructure import az_commands
from pipelines.infrastructure.doctor.finding import Finding, fail, ok, warn
from workspaces.access import BLOB_CONTRIBUTOR, BLOB_OWNER, CONTRIBUTOR, DATA_SCIENTIST, OWNER, SYSTEM_ASSIGNED

ALL_RIGHTS = {OWNER, CONTRIBUTOR}
OF_BLOBS = {BLOB_OWNER, BLOB_CONTRIBUTOR}


def principal_of_steps(principals: Mapping[str, str], wanted: Compute) -> str | None:
    """The object id of the identity that the steps sign in as; None where the compute has none that is told."""
    named = (wanted.identity_id or SYSTEM_ASSIGNED).lower()
    return principals.get(named) or next(iter(principals.values()), None)


def of_steps(principal: str, roles: frozenset[str], workspace: str) -> Finding:
    """On the workspace."""
    mend = f"`{az_commands.give_role(principal, CONTRIBUTOR, workspace)}`"
    if roles & ALL_RIGHTS:
        return ok(f"the compute's identity is {_named(roles & ALL_RIGHTS)} on the workspace")
    if DATA_SCIENTIST in roles:
        return warn(f"the compute's identity is {DATA_SCIENTIST} on the workspace, which may do to deploy", mend)
    return _lacking(f"the compute's identity has no {CONTRIBUTOR} on the workspace", roles, mend)


def of_storage(principal: str, roles: frozenset[str], storage: str) -> Finding:
    """On the storage account of a datastore without a credential."""
    if roles & OF_BLOBS:
        return ok(f"and {_named(roles & OF_BLOBS)} on its storage")
    text = f"the compute's identity has no {BLOB_CONTRIBUTOR} on the storage account, whose datastore has no credential"
    return _lacking(text, roles, f"`{az_commands.give_role(principal, BLOB_CONTRIBUTOR, storage)}`")


def of_workspace(principal: str, roles: frozenset[str], cluster: str) -> Finding:
    """On the cluster. Nobody knows yet whether SDK v1 attaches and deploys as the workspace: no failure."""
    if roles & ALL_RIGHTS:
        return ok(f"the workspace's identity is {_named(roles & ALL_RIGHTS)} on the cluster")
    text = f"the workspace's identity has no {CONTRIBUTOR} on the cluster, by which it may attach and deploy"
    return warn(text, f"`{az_commands.give_role(principal, CONTRIBUTOR, cluster)}`")


def _lacking(text: str, roles: frozenset[str], mend: str) -> Finding:
    """What a role of your own allows, its id doesn't say."""
    if own := sorted(role for role in roles if role.count("-") == 4):
        return warn(f"{text}, but roles that aren't known here ({', '.join(own)})", f"if they don't do: {mend}")
    return fail(text, mend)


def _named(roles: set[str] | frozenset[str]) -> str:
    return " and ".join(sorted(roles))
