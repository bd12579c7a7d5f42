"""Opening the workspace, and who is refused."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import requests

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Workspace

Rest = Callable[..., requests.Response]
OPEN = f"from azureml.core import Workspace; print(Workspace('{SUBSCRIPTION}', '{RESOURCE_GROUP}', '{NAME}').location)"
TOKEN = "from azure.identity import ManagedIdentityCredential as C; print(C().get_token('https://management.azure.com/.default').token)"
FROM_CONFIG = """
from azureml.core import Experiment, Workspace
print(Experiment(Workspace.from_config(), "from-config").start_logging(snapshot_directory=None).get_status())
"""


def test_open(workspace: Workspace, emulator: Emulator) -> None:
    assert workspace.get_details()["id"] == emulator.scope
    assert workspace._workspace_id == emulator.address["workspace_id"]
    assert workspace.service_context._get_run_history_url() == emulator.http


def test_program_of_its_own(workspace: Workspace, emulator: Emulator, tmp_path: Path) -> None:
    """Nothing of an earlier process is known: it signs in, and asks for subscriptions, workspace and services."""
    workspace.write_config(path=str(tmp_path))
    environment = {"PATH": "", "HOME": str(tmp_path)} | emulator.environment
    command = [sys.executable, "-c", FROM_CONFIG]
    ran = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "Running"


def test_list(workspace: Workspace) -> None:
    from azureml.core import Workspace

    assert list(Workspace.list(SUBSCRIPTION, resource_group=RESOURCE_GROUP)) == [NAME]
    assert list(Workspace.list(SUBSCRIPTION)) == [NAME]
    assert Workspace.list(SUBSCRIPTION, resource_group="production") == {}


def test_get_and_create(workspace: Workspace) -> None:
    from azureml.core import Workspace

    names = {"subscription_id": SUBSCRIPTION, "resource_group": RESOURCE_GROUP}
    assert Workspace.get(NAME, **names)._workspace_id == workspace._workspace_id
    assert Workspace.create(NAME, exist_ok=True, **names)._workspace_id == workspace._workspace_id
    for location in ("eastus", "West Europe"):  # as programs say it, whatever the region
        made = Workspace.create(NAME, location=location, create_resource_group=True, exist_ok=True, **names)
        assert made._workspace_id == workspace._workspace_id
    with pytest.raises(Exception, match="already exists under resource group"):
        Workspace.create(NAME, location="eastus", **names)
    for options in ({}, {"location": "eastus", "exist_ok": True}):
        with pytest.raises(Exception, match="workspace 'other' in resource group 'local'"):
            Workspace.create("other", **names, **options)
    with pytest.raises(Exception, match="there is one resource group, 'local', with one workspace, 'local'"):
        Workspace.create("other", subscription_id=SUBSCRIPTION, resource_group="mine", location="eastus")


def test_the_resource_group_stays(emulator: Emulator, bearer: dict[str, str]) -> None:
    path = f"{emulator.http}/subscriptions/{SUBSCRIPTION}/resourcegroups/{RESOURCE_GROUP}"
    refused = requests.delete(path, headers=bearer, timeout=10)
    assert refused.status_code == 400
    assert "there is one resource group" in refused.json()["error"]["message"]


def test_the_clouds_are_open_to_all(emulator: Emulator) -> None:
    for cloud in requests.get(f"{emulator.http}/metadata/endpoints", timeout=10).json():
        assert cloud["resourceManager"] == emulator.address["tls"]
        assert cloud["suffixes"]["storage"].startswith("emulator@127.0.0.1:")


def test_linked_services_are_none(workspace: Workspace) -> None:
    assert workspace.linked_services == {}


def test_what_a_local_workspace_does_not_do(workspace: Workspace) -> None:
    with pytest.raises(Exception, match="there is one workspace, which `up` makes and `reset` deletes"):
        workspace.delete()
    with pytest.raises(Exception, match="does not have changing the description of the workspace"):
        workspace.update(description="mine")
    with pytest.raises(Exception, match="its keys do not change"):
        workspace._sync_keys(no_wait=True)
    with pytest.raises(Exception, match="its datastores tell what their storage asks for"):
        workspace.list_keys()


def test_another_workspace(workspace: Workspace) -> None:
    from azureml.core import Workspace
    from azureml.exceptions import ProjectSystemException

    with pytest.raises(ProjectSystemException, match=f"the local workspace is '{NAME}' in '{RESOURCE_GROUP}'"):
        Workspace(SUBSCRIPTION, RESOURCE_GROUP, "production")


def test_scope_in_any_spelling(emulator: Emulator, bearer: dict[str, str]) -> None:
    path = emulator.scope.upper().replace("/RESOURCEGROUPS", "//RESOURCEGROUPS")
    assert requests.get(emulator.http + path, headers=bearer, timeout=10).json()["id"] == emulator.scope


def test_tokens_of_azure_identity(emulator: Emulator) -> None:
    """A compute's identity is asked with GET where MSI_SECRET is set, Cloud Shell's with POST where it isn't."""
    for secret in ({}, {"MSI_SECRET": "any"}):
        environment = {"PATH": ""} | emulator.environment | secret
        asked = subprocess.run(
            [sys.executable, "-c", TOKEN], env=environment, capture_output=True, text=True, check=True
        )
        headers = {"Authorization": f"Bearer {asked.stdout.strip()}"}
        assert requests.get(emulator.http + emulator.scope, headers=headers, timeout=10).status_code == 200


@pytest.mark.parametrize("header", [None, "Bearer", "Basic bG9jYWw6bG9jYWw=", "Bearer e30.e30.e30"])
def test_no_token(emulator: Emulator, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = requests.get(emulator.http + emulator.scope, headers=headers, timeout=10)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "Unauthorized"


def test_token_of_another_workspace(emulator: Emulator, tmp_path: Path) -> None:
    from azureml_emulator.state.credentials.tokens import Tokens

    foreign = Tokens(tmp_path / "secrets.json").bearer("local-user", emulator.address["tls"])
    answer = requests.get(emulator.http + emulator.scope, headers={"Authorization": f"Bearer {foreign}"}, timeout=10)
    assert answer.status_code == 401
    assert "another or an older workspace" in answer.json()["error"]["message"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_wrong_identity_secret(emulator: Emulator, method: str) -> None:
    answer = requests.request(method, f"{emulator.http}/msi/guess/token", timeout=10)
    assert answer.status_code == 401
    assert "MSI_ENDPOINT" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "service", "path"),
    [
        ("GET", "/jasmine/v1.0", "/hyperparameters"),
        ("GET", "", "/privateLinkResources"),
    ],
)
def test_unknown_operation(rest: Rest, method: str, service: str, path: str) -> None:
    answer = rest(method, service, path)
    message = answer.json()["error"]["message"]
    assert answer.status_code == 400
    assert message.startswith(f"the local workspace does not have the operation {method} {service}")
    assert message.endswith("docs/coverage.md of azureml-emulator lists what it has")


def test_body_that_is_not_json(rest: Rest) -> None:
    answer = rest("PUT", "", "/computes/c", data=b"{")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadArgument")


def test_body_that_lacks_a_key(rest: Rest) -> None:
    answer = rest("PUT", "", "/computes/c", json={"location": "local"})
    assert answer.status_code == 400
    assert "lacks 'properties'" in answer.json()["error"]["message"]


def test_clouds_are_told_to_anybody_and_not_logged(emulator: Emulator) -> None:
    """SDK v2 asks at each turn; of a cloud whose name it knows it asks nobody, and goes to Azure."""
    size = (emulator.folder / "requests.log").stat().st_size
    own, public = requests.get(emulator.environment["ARM_CLOUD_METADATA_URL"], timeout=10).json()
    assert (emulator.folder / "requests.log").stat().st_size == size
    assert own["name"] == emulator.environment["AZUREML_CURRENT_CLOUD"] == "LocalWorkspace"
    assert public == own | {"name": "AzureCloud"}
    assert own["resourceManager"] == emulator.address["tls"]
    assert not re.search(r"https?://(?!127\.0\.0\.1:)", json.dumps(own))


def test_what_sdk_v1_finds_as_its_copy_is_what_it_would_have_asked_for(emulator: Emulator, tmp_path: Path) -> None:
    """So it can be imported while nothing listens."""
    compared = (
        "from azureml._vendor.azure_cli_core.cloud import get_known_clouds\n"
        "import json; print(json.dumps([c.to_json() for c in get_known_clouds(refresh=bool({refresh}))]))"
    )
    clouds = []
    for refresh in (0, 1):
        folder = {"AZURE_CONFIG_DIR": str(tmp_path / "empty")} if refresh else {}
        (tmp_path / "empty").mkdir(exist_ok=True)
        environment = {"PATH": "", "HOME": str(tmp_path)} | emulator.environment | folder
        command = [sys.executable, "-W", "ignore", "-c", compared.format(refresh=refresh)]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        clouds.append([_without_nothing(cloud) for cloud in json.loads(ran.stdout)])
    assert [cloud["name"] for cloud in clouds[0]] == ["LocalWorkspace", "AzureCloud"]
    assert clouds[0][0] == clouds[1][0]


def _without_nothing(cloud: dict[str, Any]) -> dict[str, Any]:
    known = {part: {key: value for key, value in cloud[part].items() if value} for part in ("endpoints", "suffixes")}
    return cloud | known


@pytest.mark.parametrize("resource", ["https://ml.azure.local", "https://127.0.0.1:1/"])
def test_a_token_is_for_the_resource_that_was_asked_for(emulator: Emulator, resource: str) -> None:
    """SDK v2 refuses to send a pipeline with one for anything else."""
    identity = emulator.environment["MSI_ENDPOINT"]
    answer = requests.post(identity, {"resource": resource}, timeout=10).json()
    assert answer["resource"] == resource
    token = answer["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["aud"] == resource.rstrip("/")


def test_stale_copy_of_the_clouds(emulator: Emulator, tmp_path: Path) -> None:
    """With a folder ~/.azure the SDK would copy the clouds there once, and never look at the variable again."""
    clouds = tmp_path / ".azure" / "cloudEndpoints.json"
    clouds.parent.mkdir()
    clouds.write_text('{"clouds": ["from an earlier life"]}')
    environment = {"PATH": "", "HOME": str(tmp_path)} | emulator.environment
    opened = subprocess.run([sys.executable, "-c", OPEN], env=environment, capture_output=True, text=True, check=True)
    assert opened.stdout.strip() == "local"
    assert clouds.read_text() == '{"clouds": ["from an earlier life"]}'


def test_roles_are_listed_by_whom_they_were_given_to(emulator: Emulator, bearer: dict[str, str]) -> None:
    """At a scope and above; the filter is Azure's own, and no other is honoured."""
    role = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    group = emulator.scope.partition("/providers/")[0]

    def url(scope: str, name: str = "") -> str:
        return f"{emulator.http}{scope}/providers/Microsoft.Authorization/roleAssignments{name and f'/{name}'}"

    def roles(scope: str, by: str) -> list[str]:
        asked = {"$filter": by, "api-version": "2022-04-01"}
        answer = requests.get(url(scope), params=asked, headers=bearer, timeout=10)
        return [one["properties"]["scope"] for one in answer.json()["value"]]

    for name, scope in (("on-workspace", emulator.scope), ("on-group", group)):
        body = {"properties": {"roleDefinitionId": role, "principalId": "somebody"}}
        for status in (201, 200):
            assert requests.put(url(scope, name), json=body, headers=bearer, timeout=10).status_code == status
    assert sorted(roles(emulator.scope, "atScope() and assignedTo('somebody')")) == [group, emulator.scope]
    assert roles(group, "atScope() and assignedTo('somebody')") == [group]
    assert sorted(roles(group, "assignedTo('somebody')")) == [group, emulator.scope]
    assert roles(emulator.scope, "atScope() and assignedTo('nobody')") == []
    refused = requests.get(url(group), headers=bearer, timeout=10)
    assert "listing role assignments by no filter" in refused.json()["error"]["message"]
