"""Datastores by SDK v2: those of SDK v1, and their secrets by the workspace's way of authorization."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

Rest = Callable[..., requests.Response]


@pytest.fixture
def auth_mode(rest: Rest) -> Iterator[Callable[[str], None]]:
    def set_mode(mode: str) -> None:
        assert rest("PATCH", "", "", json={"properties": {"systemDatastoresAuthMode": mode}}).status_code == 200

    yield set_mode
    set_mode("UserDelegationSAS")


def test_own(client: MLClient) -> None:
    names = [one.name for one in client.datastores.list()]
    assert {"workspaceblobstore", "workspaceartifactstore"} <= set(names)
    default = client.datastores.get_default()
    assert (default.name, default.container_name, default.account_name) == (
        "workspaceblobstore",
        "azureml-blobstore",
        "local",
    )
    assert client.datastores.get("workspaceartifactstore").container_name == "azureml"


def test_secrets(client: MLClient, auth_mode: Callable[[str], None], rest: Rest) -> None:
    def asked(expirable: bool) -> dict[str, Any]:
        wish = {"expirableSecret": expirable, "expireAfterHours": 1}
        answer: dict[str, Any] = rest("POST", "", "/datastores/workspaceblobstore/listSecrets", json=wish).json()
        return answer

    assert "sig=" in client.datastores.get("workspaceblobstore", include_secrets=True).credentials.sas_token
    auth_mode("AccessKey")
    assert (asked(False)["secretsType"], asked(True)["secretsType"]) == ("AccountKey", "Sas")
    auth_mode("Identity")
    assert client.datastores.get("workspaceblobstore").credentials.type == "None"
    assert "has no secrets" in asked(True)["error"]["message"]


@pytest.mark.parametrize("mode", ["AccessKey", "Identity"])
def test_uploads(client: MLClient, auth_mode: Callable[[str], None], mode: str, tmp_path: Any) -> None:
    """However datastores are opened."""
    from azure.ai.ml.entities import Data

    auth_mode(mode)
    (tmp_path / "a.txt").write_text(mode)
    made = client.data.create_or_update(Data(name=f"datastores-{mode}", path=str(tmp_path / "a.txt"), type="uri_file"))
    assert made.path.endswith("/a.txt")


def test_another_container(client: MLClient, emulator: Emulator) -> None:
    from azure.ai.ml.entities import AzureBlobDatastore

    (emulator.folder / "blobs" / "datastores-raw").mkdir()
    raw = AzureBlobDatastore(
        name="v2raw", account_name="local", container_name="datastores-raw", tags={"a": "b"}, description="raw"
    )
    made = client.datastores.create_or_update(raw)
    found = client.datastores.get("v2raw")
    assert (made.id, found.tags, found.description) == (found.id, {"a": "b"}, "raw")
    assert client.datastores.create_or_update(found).container_name == "datastores-raw"
    client.datastores.delete("v2raw")
    assert "v2raw" not in [one.name for one in client.datastores.list()]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"accountName": "elsewhere"}, "the storage account 'elsewhere'"),
        ({"datastoreType": "AzureFile"}, "datastores of the type AzureFile"),
        ({"containerName": "nothing-there"}, "container 'nothing-there' not found"),
        ({"credentials": {"credentialsType": "Sas", "secrets": {"sasToken": "x"}}}, "takes no account_key"),
        ({"filesystem": "x"}, "datastores with 'filesystem'"),
        ({"endpoint": "core.usgovcloudapi.net"}, "at the endpoint 'core.usgovcloudapi.net'"),
    ],
)
def test_refused(rest: Rest, changes: dict[str, Any], said: str) -> None:
    own = {"datastoreType": "AzureBlob", "accountName": "local", "containerName": "azureml-blobstore"}
    answer = rest("PUT", "", "/datastores/v2refused", json={"properties": own | changes})
    assert (answer.status_code, said in answer.json()["error"]["message"]) == (400, True), answer.text
    assert rest("GET", "", "/datastores/v2refused").status_code == 404
