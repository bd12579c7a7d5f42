"""The environment variables that make any SDK v1 program talk to the local workspace, and nothing else do so."""

import json
import os
from pathlib import Path

from azureml_emulator.state.files import ADDRESS
from azureml_emulator.state.proxies import without_proxy
from azureml_emulator.state.tokens import TENANT_ID
from azureml_emulator.state.whole_files import write_whole
from azureml_emulator.state.workspace import Address, LocalWorkspace

CLOUD = "AzureCloud"
_OTHER_ENDPOINTS = (
    *("graph", "gallery", "sqlManagement", "batch", "media"),
    *("vmImageAliasDoc", "activeDirectoryDataLake"),
)
_SUFFIXES = (
    *("storage", "keyVaultDns", "acrLoginServer", "sqlServerHostname"),
    *("azureDataLakeStoreFileSystem", "azureDataLakeAnalyticsCatalogAndJob"),
)


def client_variables(workspace: LocalWorkspace) -> dict[str, str]:
    """For a person or a program outside of runs. `MSI_ENDPOINT` holds a secret: whoever knows it is signed in."""
    folder = workspace.folder
    secret = workspace.tokens.identity_secret
    return {
        # A file rather than an address keeps `import azureml.core` working while the emulator is down.
        "ARM_CLOUD_METADATA_URL": (folder / "clouds.json").as_uri(),
        "AZUREML_CURRENT_CLOUD": CLOUD,
        # Where ~/.azure exists, the SDK keeps a copy of the clouds in it and prefers that one ever after.
        "AZURE_CONFIG_DIR": str(folder / "no-azure-cli"),
        # azureml-mlflow sends its token over https only; all else is quicker without.
        "AZUREML_DEV_URL_MLFLOW": workspace.address.tls,
        "MSI_ENDPOINT": f"{workspace.address.http}/msi/{secret}/token",
        "REQUESTS_CA_BUNDLE": str(folder / "tls" / "bundle.pem"),
        "SSL_CERT_FILE": str(folder / "tls" / "bundle.pem"),  # the native dataset library reads this one
        "HBI_WORKSPACE_JOB": "true",  # switches the SDK's telemetry off
        **without_proxy(os.environ),
    }


def write_cloud_metadata(folder: Path, address: Address) -> None:
    """Whole at any moment: programs read it when they import the SDK."""
    write_whole(folder / "clouds.json", json.dumps(cloud_metadata(address), indent=1).encode())


def write_address(workspace: LocalWorkspace) -> None:
    """Tell other processes where we are. The file holds the identity secret: only its owner may read it."""
    address = workspace.address
    content = {"pid": os.getpid(), "http": address.http, "tls": address.tls, "workspace_id": workspace.id}
    described = content | {"environment": client_variables(workspace)}
    write_whole(workspace.folder / ADDRESS, json.dumps(described, indent=1).encode())


def cloud_metadata(address: Address) -> list[dict[str, object]]:
    """What `https://management.azure.com/metadata/endpoints` answers, with every host replaced."""
    http, tls = address.http, address.tls
    login = {"loginEndpoint": tls, "audiences": [tls], "tenant": TENANT_ID, "identityProvider": "AAD"}
    cloud: dict[str, object] = {
        "name": CLOUD,
        "portal": f"{http}/portal",
        "authentication": login,
        "graphAudience": f"{http}/graph",
        "resourceManager": tls,
        "suffixes": {name: f"{name.lower()}.invalid" for name in _SUFFIXES} | {"storage": storage_suffix(address)},
    }
    return [cloud | {name: f"{http}/{name}" for name in _OTHER_ENDPOINTS}]


def storage_suffix(address: Address) -> str:
    """What follows `https://{account}.blob.` in the address of a storage account.

    All before the @ is the user part of the authority, so that the host is 127.0.0.1 whatever the account's name.
    """
    return f"emulator@127.0.0.1:{address.tls_port}"
