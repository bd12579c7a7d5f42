"""The cloud that the local workspace is: a list of hosts, all of them 127.0.0.1, in both forms that clients read.

SDK v2, and what else asks ARM_CLOUD_METADATA_URL, gets it by http. SDK v1 reads it when it is imported, and finds it in
the folder AZURE_CONFIG_DIR, where it keeps what it asked for before: so it can be imported while nothing listens.
"""

import json
from pathlib import Path

from azureml_emulator.state.credentials.tokens import TENANT_ID
from azureml_emulator.state.disk.whole_files import write_whole

NAME = "LocalWorkspace"
"""Of its own, because SDK v2 takes what it knows of a cloud whose name it knows, and asks nobody."""
PUBLIC = "AzureCloud"
"""SDK v1 takes this name by default in several places, and asks management.azure.com where it isn't listed."""
PATH = "/metadata/endpoints"
_LOGIN = "/adfs/adfs"
"""A sign-in address that msal doesn't ask login.microsoftonline.com about (msal/authority.py); SDK v1 puts the tenant
of a service principal in place of its last word."""
_FOLDER = "azure-config"
_COPY = "cloudEndpoints.json"
_ENDPOINTS = {
    "sqlManagement": "sql_management",
    "batch": "batch_resource_id",
    "gallery": "gallery",
    "graphAudience": "active_directory_graph_resource_id",
    "microsoftGraphResourceId": "microsoft_graph_resource_id",
    "vmImageAliasDoc": "vm_image_alias_doc",
    "media": "media_resource_id",
    "ossrdbmsResourceId": "ossrdbms_resource_id",
    "activeDirectoryDataLake": "active_directory_data_lake_resource_id",
    "appInsightsResourceId": "app_insights_resource_id",
    "logAnalyticsResourceId": "log_analytics_resource_id",
    "synapseAnalyticsResourceId": "synapse_analytics_resource_id",
    "appInsightsTelemetryChannelResourceId": "app_insights_telemetry_channel_resource_id",
    "attestationResourceId": "attestation_resource_id",
    "portal": "portal",
}
"""Names in the metadata, and in the copy of SDK v1: azureml/_vendor/azure_cli_core/cloud.py, _arm_to_cli_mapper()."""
_SUFFIXES = {
    "storage": "storage_endpoint",
    "keyVaultDns": "keyvault_dns",
    "acrLoginServer": "acr_login_server_endpoint",
    "sqlServerHostname": "sql_server_hostname",
    "mysqlServerEndpoint": "mysql_server_endpoint",
    "postgresqlServerEndpoint": "postgresql_server_endpoint",
    "mariadbServerEndpoint": "mariadb_server_endpoint",
    "mhsmDns": "mhsm_dns",
    "synapseAnalytics": "synapse_analytics_endpoint",
    "attestationEndpoint": "attestation_endpoint",
    "storageSyncEndpointSuffix": "storage_sync_endpoint",
    "azureDataLakeStoreFileSystem": "azure_datalake_store_file_system_endpoint",
    "azureDataLakeAnalyticsCatalogAndJob": "azure_datalake_analytics_catalog_and_job_endpoint",
}


def metadata_url(http: str) -> str:
    return f"{http}{PATH}"


def config_folder(state: Path) -> Path:
    """Where SDK v1 finds its copy, and no sign-in of the Azure CLI."""
    return state / _FOLDER


def login_address(tls: str) -> str:
    return tls + _LOGIN


def metadata(http: str, tls: str) -> list[dict[str, object]]:
    """What `https://management.azure.com/metadata/endpoints` answers, with every host replaced."""
    login = {"loginEndpoint": login_address(tls), "audiences": [tls], "tenant": TENANT_ID, "identityProvider": "AAD"}
    cloud: dict[str, object] = {name: f"{http}/{name}" for name in (*_ENDPOINTS, "graph")}
    cloud |= {"resourceManager": tls, "authentication": login}
    cloud["suffixes"] = _suffixes(tls)
    return [{"name": name} | cloud for name in (NAME, PUBLIC)]


def storage_suffix(tls: str) -> str:
    """What follows `https://{account}.blob.` in the address of a storage account.

    All before the @ is the user part of the authority, so that the host is 127.0.0.1 whatever the account's name.
    """
    return f"emulator@{tls.removeprefix('https://')}"


def _suffixes(tls: str) -> dict[str, str]:
    return {name: f".{name.lower()}.invalid" for name in _SUFFIXES} | {"storage": storage_suffix(tls)}


def write_copy_for_v1(state: Path, http: str, tls: str) -> None:
    """Whole at any moment: programs read it when they import the SDK."""
    endpoints = {theirs: f"{http}/{name}" for name, theirs in _ENDPOINTS.items()}
    own = dict.fromkeys(("management", "resource_manager", "active_directory_resource_id"), tls)
    own["active_directory"] = login_address(tls)
    suffixes = {_SUFFIXES[name]: suffix for name, suffix in _suffixes(tls).items()}
    cloud = {"endpoints": endpoints | own, "suffixes": suffixes}
    folder = config_folder(state)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    clouds = [{"name": name} | cloud for name in (NAME, PUBLIC)]
    write_whole(folder / _COPY, json.dumps({"clouds": clouds}, indent=1).encode())
