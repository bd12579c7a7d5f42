"""The two ways to reach the workspace: as the run that a step is, and as whoever is signed in."""

from azure.identity import DefaultAzureCredential
from azureml.core import Run, Workspace
from azureml.core.authentication import TokenAuthentication

from config.settings import Settings


def current_run() -> Run:
    """The run that this process is a step of; outside of one the SDK raises RunEnvironmentException.

    ``current_run().experiment.workspace`` works with the run's own token: enough for all but Azure Resource Manager.
    """
    return Run.get_context(allow_offline=False)


def open_workspace(settings: Settings) -> Workspace:
    """The workspace of ``settings``, as whoever azure-identity finds signed in.

    That is the environment's service principal or federated token, the machine's managed identity, or the user of
    the Azure CLI, in this order. On the steps' compute it is the managed identity, which deploying needs.
    """
    credential = DefaultAzureCredential()

    def get_token(audience: str) -> str:
        return credential.get_token(f"{audience.rstrip('/')}/.default").token

    names = settings.workspace
    authentication = TokenAuthentication(get_token)
    return Workspace(names.subscription_id, names.resource_group, names.name, auth=authentication)
