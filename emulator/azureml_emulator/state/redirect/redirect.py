"""The environment variables that make any SDK program talk to the local workspace, and nothing else do so."""

import json
import os
from pathlib import Path

from azureml_emulator.state.disk.files import ADDRESS
from azureml_emulator.state.disk.whole_files import write_whole
from azureml_emulator.state.redirect import clouds
from azureml_emulator.state.redirect.elsewhere import without_netrc
from azureml_emulator.state.redirect.proxies import without_proxy
from azureml_emulator.state.workspace import Address, LocalWorkspace


def client_variables(workspace: LocalWorkspace) -> dict[str, str]:
    """For a person or a program outside of runs. `MSI_ENDPOINT` holds a secret: whoever knows it is signed in.

    They count for nothing beside what `elsewhere.leading_elsewhere()` finds, which has to go.
    """
    folder, http, tls = workspace.folder, workspace.address.http, workspace.address.tls
    return {
        "ARM_CLOUD_METADATA_URL": clouds.metadata_url(http),
        "AZUREML_CURRENT_CLOUD": clouds.NAME,
        "AZURE_CONFIG_DIR": str(clouds.config_folder(folder)),
        "REGISTRY_DISCOVERY_ENDPOINT_URL": tls,  # SDK v2 would make one up of the cloud's name
        # azureml-mlflow sends its token over https only; all else is quicker without.
        "AZUREML_DEV_URL_MLFLOW": tls,
        "MSI_ENDPOINT": f"{http}/msi/{workspace.tokens.identity_secret}/token",
        "REQUESTS_CA_BUNDLE": str(folder / "tls" / "bundle.pem"),
        "SSL_CERT_FILE": str(folder / "tls" / "bundle.pem"),  # the native dataset library reads this one
        "HBI_WORKSPACE_JOB": "true",  # switches the SDK's telemetry off
        **without_netrc(),
        **without_proxy(os.environ),
    }


def write_clouds(folder: Path, address: Address) -> None:
    clouds.write_copy_for_v1(folder, address.http, address.tls)


def write_address(workspace: LocalWorkspace) -> None:
    """Tell other processes where we are. The file holds the identity secret: only its owner may read it."""
    address = workspace.address
    content = {"pid": os.getpid(), "http": address.http, "tls": address.tls, "workspace_id": workspace.id}
    described = content | {"environment": client_variables(workspace)}
    write_whole(workspace.folder / ADDRESS, json.dumps(described, indent=1).encode())
