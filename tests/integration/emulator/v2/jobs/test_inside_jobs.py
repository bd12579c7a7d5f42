"""What a job finds inside: a client of its workspace by three credentials, and MLflow with its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.emulator.v2.jobs.jobs import Command, finish

if TYPE_CHECKING:
    from pathlib import Path

    from azure.ai.ml import MLClient

SCRIPT = """
import os
import mlflow
from azure.ai.ml import MLClient
from azure.ai.ml.identity import AzureMLOnBehalfOfCredential
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

scope = [os.environ[f"AZUREML_ARM_{name}"] for name in ("SUBSCRIPTION", "RESOURCEGROUP", "WORKSPACE_NAME")]
for credential in (AzureMLOnBehalfOfCredential(), ManagedIdentityCredential(), DefaultAzureCredential()):
    job = MLClient(credential, *scope).jobs.get(os.environ["AZUREML_RUN_ID"])
    print(type(credential).__name__, job.display_name, job.status.value)
mlflow.log_metric("accuracy", 0.5)
mlflow.log_param("rate", "0.1")
mlflow.set_tag("of", "mlflow")
with open("note.txt", "w") as note:
    note.write("a note")
mlflow.log_artifact("note.txt", "notes")
"""


@pytest.fixture(scope="module")
def done(client: MLClient, command: Command) -> Any:
    from azure.ai.ml import UserIdentityConfiguration
    from azure.ai.ml.entities import AmlCompute, IdentityConfiguration

    identity = IdentityConfiguration(type="SystemAssigned")
    cluster = AmlCompute(name="v2-inside", size="Standard_D2_v3", max_instances=1, identity=identity)
    client.compute.begin_create_or_update(cluster).result()
    job = command("python main.py", SCRIPT, compute="v2-inside", display_name="inside", experiment_name="v2-inside")
    job.identity = UserIdentityConfiguration()
    return finish(client, client.jobs.create_or_update(job), seconds=90)


def test_a_client_is_the_users_or_the_computes(client: MLClient, done: Any, tmp_path: Path) -> None:
    client.jobs.download(done.name, download_path=tmp_path, all=True)
    log = (tmp_path / "artifacts" / "user_logs" / "std_log.txt").read_text()
    assert done.status == "Completed", log
    for credential in ("AzureMLOnBehalfOfCredential", "ManagedIdentityCredential", "DefaultAzureCredential"):
        assert f"{credential} inside Running" in log
    assert (tmp_path / "artifacts" / "notes" / "note.txt").read_text() == "a note"


def test_mlflow_writes_to_the_jobs_run(done: Any, client: MLClient) -> None:
    import mlflow

    run = mlflow.MlflowClient(client.workspaces.get().mlflow_tracking_uri).get_run(str(done.name))
    assert (run.data.metrics, run.data.params) == ({"accuracy": 0.5}, {"rate": "0.1"})
    assert client.jobs.get(done.name).tags["of"] == "mlflow"


def test_a_job_without_an_identity_has_none(client: MLClient, command: Command, tmp_path: Path) -> None:
    job = finish(client, client.jobs.create_or_update(command("env | grep -c '^OBO_ENDPOINT=\\|^MSI_ENDPOINT='")))
    assert job.status == "Failed"
