"""Environment variables: what is inherited from the emulator, and what the process of a run finds."""

import os
import time
from collections.abc import Mapping

from azureml_emulator.azure.computes.targets import client_id, has_identity
from azureml_emulator.azure.mlflow.paths import tracking_uri
from azureml_emulator.azure.runs.history.experiments import ensure_experiment
from azureml_emulator.execution.job import Job
from azureml_emulator.state.credentials.tokens import TOKEN_SECONDS
from azureml_emulator.state.redirect.elsewhere import leading_elsewhere, with_home, without_netrc
from azureml_emulator.state.redirect.proxies import without_proxy
from azureml_emulator.state.redirect.redirect import client_variables
from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION, LocalWorkspace

_OF_A_SHELL = {"PWD", "OLDPWD", "SHLVL", "_"}
_OWN_PREFIXES = ("AZUREML_", "MSI_", "ARM_CLOUD", "AZURE_CONFIG_DIR", "MLFLOW_")


def inherited_environment() -> dict[str, str]:
    """The variables of the emulator that what it starts may see.

    Not those that say where an SDK finds a workspace, or as whom it signs in: in Azure nobody's are there either.
    """
    elsewhere = leading_elsewhere(os.environ)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_OWN_PREFIXES)}
    kept = {key: value for key, value in kept.items() if key not in elsewhere}
    return kept | with_home(os.environ) | without_netrc() | without_proxy(os.environ)


def common_environment(workspace: LocalWorkspace) -> dict[str, str]:
    """The variables that are the same for all runs: those of the emulator, and where the SDK finds the workspace."""
    environment = inherited_environment() | client_variables(workspace) | {"PYTHONUNBUFFERED": "1"}
    del environment["MSI_ENDPOINT"]
    return environment


def of_a_client(workspace: LocalWorkspace, environment: Mapping[str, str]) -> dict[str, str]:
    """What a run has of the variables of the shell that started it: not where that finds its workspace."""
    not_its_own = client_variables(workspace).keys() | _OF_A_SHELL
    return {
        name: value
        for name, value in environment.items()
        if name not in not_its_own and not name.startswith(_OWN_PREFIXES)
    }


def mlflow_variables(workspace: LocalWorkspace, run: Mapping[str, str]) -> dict[str, str]:
    """By which MLflow finds the run whose other variables are given, as it does on Azure."""
    return {
        "MLFLOW_TRACKING_URI": tracking_uri(workspace),
        "MLFLOW_TRACKING_TOKEN": run["AZUREML_RUN_TOKEN"],
        "MLFLOW_EXPERIMENT_ID": run["AZUREML_EXPERIMENT_ID"],
        "MLFLOW_EXPERIMENT_NAME": run["AZUREML_ARM_PROJECT_NAME"],
        "MLFLOW_RUN_ID": run["AZUREML_RUN_ID"],
    }


def job_environment(workspace: LocalWorkspace, job: Job) -> dict[str, str]:
    """The variables of a job's process. The identity endpoint is there only if its compute has an identity."""
    address = workspace.address
    environment = common_environment(workspace) | {
        "AZUREML_ARM_SUBSCRIPTION": SUBSCRIPTION,
        "AZUREML_ARM_RESOURCEGROUP": RESOURCE_GROUP,
        "AZUREML_ARM_WORKSPACE_NAME": NAME,
        "AZUREML_ARM_PROJECT_NAME": job.experiment,
        "AZUREML_EXPERIMENT_ID": ensure_experiment(workspace.store, job.experiment)["experimentId"],
        "AZUREML_WORKSPACE_ID": workspace.id,
        "AZUREML_RUN_ID": job.run_id,
        "AZUREML_ROOT_RUN_ID": workspace.store.get("run", job.run_id)["rootRunId"],
        "AZUREML_RUN_TOKEN": workspace.tokens.run_bearer(job.run_id),
        "AZUREML_RUN_TOKEN_EXPIRY": str(int(time.time()) + TOKEN_SECONDS),
        "AZUREML_SERVICE_ENDPOINT": address.http,
        "AZUREML_DISCOVERY_SERVICE_ENDPOINT": f"{address.http}/discovery",
        "AZUREML_RUN_CONFIGURATION": "",
        "AZUREML_FRAMEWORK": "PYTHON",
    }
    compute = workspace.store.find("compute", job.target)
    if compute and has_identity(compute):
        identity_endpoint = client_variables(workspace)["MSI_ENDPOINT"]
        environment |= {"MSI_ENDPOINT": identity_endpoint, "MSI_SECRET": workspace.tokens.identity_secret}
        if user := client_id(compute):
            environment["DEFAULT_IDENTITY_CLIENT_ID"] = user
    return environment | mlflow_variables(workspace, environment) | job.variables
