"""Whoever azure-identity finds signed in."""

import os

from azure.identity import DefaultAzureCredential

OWN_IDENTITY = "DEFAULT_IDENTITY_CLIENT_ID"
"""Client id of the compute's managed identity, which Azure ML sets in runs: where there are user-assigned ones, its
endpoint wants to be told which.
https://learn.microsoft.com/azure/machine-learning/how-to-identity-based-service-authentication"""


def find_credential() -> DefaultAzureCredential:
    own = os.environ.get(OWN_IDENTITY)
    return DefaultAzureCredential(managed_identity_client_id=own) if own else DefaultAzureCredential()
