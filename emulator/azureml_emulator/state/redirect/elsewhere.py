"""Variables of a shell that lead Azure's libraries past the local workspace: what is sent to it may have none."""

import os
import tempfile
from collections.abc import Mapping

_NAMES = frozenset(
    (
        # azure-identity, _constants.py: a service principal, a user, a federated token, another managed identity
        *("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_USERNAME", "AZURE_PASSWORD"),
        *("AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"),
        *("AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST", "AZURE_REGIONAL_AUTHORITY_NAME"),
        *("AZURE_TOKEN_CREDENTIALS", "AZURE_POD_IDENTITY_AUTHORITY_HOST", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"),
        *("IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_SECRET"),
        # SDK v1 and its data library: an identity, a run that this process would be a part of
        *("OBO_ENDPOINT", "DEFAULT_IDENTITY_CLIENT_ID", "AZUREML_RUN_ID", "AZUREML_RUN_TOKEN"),
    )
)
_PREFIXES = ("AZURE_KUBERNETES_", "AZUREML_SERVICE_PRINCIPAL_", "AZUREML_DEV_URL_")


def leading_elsewhere(environ: Mapping[str, str]) -> list[str]:
    """Those of `environ` that have to be unset, also empty ones, which azure-identity takes for credentials."""
    return sorted(name for name in environ if name in _NAMES or name.startswith(_PREFIXES))


def without_netrc() -> dict[str, str]:
    """The variable that keeps passwords of ~/.netrc out of requests, which takes them in place of a token or a key.

    https://requests.readthedocs.io/en/latest/user/authentication/#netrc-authentication
    """
    return {"NETRC": os.devnull}


def with_home(environ: Mapping[str, str]) -> dict[str, str]:
    """HOME where `environ` lacks it, as under cron: SDK v1 can't be imported without. Empty where it is there."""
    if environ.get("HOME"):
        return {}
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises where nobody knows the user
    return {"HOME": home if os.path.isabs(home) else tempfile.gettempdir()}  # noqa: PTH117
