"""Which token reaches what, through the SDK: a run's own, and one that was asked for another resource."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING

import pytest
import requests

from azureml_emulator.server.middleware.requestlog import FILE
from tests.integration.emulator.coverage.driven import DIRECT_AGENT
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace
    from azureml.core.compute import AksCompute


@pytest.fixture
def workspace_of_a_run(
    workspace: Workspace, experiment: Experiment, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """What a script has as `Run.get_context().experiment.workspace`."""
    from azureml.core.authentication import AzureMLTokenAuthentication

    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    monkeypatch.setenv("AZUREML_DISCOVERY_SERVICE_ENDPOINT", f"{emulator.http}/discovery")
    names = workspace.subscription_id, workspace.resource_group, workspace.name
    authentication = AzureMLTokenAuthentication.create(
        run._client.run.get_token().token,
        datetime.now(timezone.utc) + timedelta(days=1),
        workspace.service_context._get_run_history_url(),
        *names,
        experiment.name,
        run.id,
    )
    run.complete()
    found: Workspace = authentication._get_workspace(*names, override_host=emulator.http, workspace_id="local")
    return found


def test_the_workspace_of_a_run_reaches_models_and_data(workspace_of_a_run: Workspace, experiment: Experiment) -> None:
    from azureml.core import Dataset, Environment, Experiment, Model

    workspace = workspace_of_a_run
    assert isinstance(Model.list(workspace), list)
    assert len(Dataset.get_all(workspace)) >= 0
    assert isinstance(Environment.list(workspace), dict)
    assert workspace.get_default_datastore().name == "workspaceblobstore"
    assert workspace.get_default_keyvault().list_secrets() is not None
    assert [run.status for run in Experiment(workspace, experiment.name).get_runs()] == ["Completed"]


def test_the_workspace_of_a_run_reaches_no_compute_and_no_service(
    workspace_of_a_run: Workspace, cluster: AksCompute
) -> None:
    """As recorded for AksCompute: MicrosoftDocs/azure-docs#20351. Of services on AKS nothing is recorded."""
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.core.webservice import Webservice
    from azureml.exceptions import ComputeTargetException, WebserviceException

    asks = partial(AksCompute, workspace_of_a_run, cluster.name), partial(ComputeTarget.list, workspace_of_a_run)
    for ask in asks:
        with pytest.raises(
            ComputeTargetException, match=r"(?s)401.*Could not find identity for access token.*identity"
        ):
            ask()
    with pytest.raises(WebserviceException, match=r"(?s)401.*no record shows .*DefaultAzureCredential"):
        Webservice(workspace_of_a_run, "anything")


@pytest.mark.parametrize(
    "resource", ["https://storage.azure.com/", "https://vault.azure.net", "https://graph.windows.net"]
)
def test_a_token_for_another_resource(workspace: Workspace, emulator: Emulator, resource: str) -> None:
    from azure.core.exceptions import ClientAuthenticationError
    from azureml.core import Model, Workspace
    from azureml.core.authentication import TokenAuthentication

    def get_token(_audience: str) -> str:
        return str(
            requests.post(emulator.environment["MSI_ENDPOINT"], {"resource": resource}, timeout=10).json()[
                "access_token"
            ]
        )

    authentication = TokenAuthentication(get_token)
    names = workspace.subscription_id, workspace.resource_group, workspace.name
    with pytest.raises(ClientAuthenticationError, match=f"wrong audience or resource '{resource.rstrip('/')}'"):
        Workspace(*names, auth=authentication)
    opened = Workspace(*names, auth=authentication, _disable_service_check=True, _workspace_id="local")
    with pytest.raises(Exception, match="wrong audience or resource"):
        Model.list(opened)


def test_a_token_is_for_a_resource(emulator: Emulator) -> None:
    answer = requests.get(emulator.environment["MSI_ENDPOINT"], timeout=10)
    assert answer.status_code == 400
    assert "?resource=" in answer.json()["error"]["message"]


def test_the_log_tells_which_kind_of_token_asked(emulator: Emulator, workspace_of_a_run: Workspace) -> None:
    from azureml.core import Model

    log = emulator.folder / FILE
    before = log.stat().st_size
    health = partial(requests.get, f"{emulator.http}/health", headers={"User-Agent": DIRECT_AGENT}, timeout=10)
    health()
    Model.list(workspace_of_a_run, name="nobody")
    health()  # the line of a request is there when the next is answered
    asked = log.read_bytes()[before:].decode()
    assert '"token": "run"' in asked
    assert '"token": ""' in asked
    assert "Bearer" not in asked
