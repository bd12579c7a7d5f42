"""What opens blobs: the account's key, a token for storage, or a signed address; and what workspace asks for which."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from azureml_emulator.state.credentials.auth_mode import AuthMode
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.data.azure_storage_datastore import AzureBlobDatastore

Rest = Callable[..., requests.Response]
STORAGE = "https://storage.azure.com"
NAMES = ("plain", "with space/ü%20+&=~(1)'.txt")


@pytest.fixture
def open_datastore(workspace: Workspace, rest: Rest) -> Iterator[Callable[[AuthMode], AzureBlobDatastore]]:
    """The default datastore as a workspace of this mode has it."""

    def opened(mode: AuthMode) -> AzureBlobDatastore:
        assert rest("PATCH", "", "", json={"properties": {"systemDatastoresAuthMode": mode.value}}).ok
        return workspace.get_default_datastore()

    yield opened
    opened(AuthMode.USER_DELEGATION_SAS)


def client(store: AzureBlobDatastore, credential: object) -> Any:
    """Of the datastore's container, by the SDK's own storage library."""
    service = store.blob_service
    return type(service)(service.url, credential=credential).get_container_client(store.container_name)


def test_the_accounts_key(open_datastore: Callable[[AuthMode], AzureBlobDatastore]) -> None:
    store = open_datastore(AuthMode.ACCESS_KEY)
    assert (store.credential_type, store.sas_token) == ("AccountKey", None)
    container = store.blob_service.get_container_client(store.container_name)
    for name in NAMES:
        container.upload_blob(f"key/{name}", name.encode(), overwrite=True, metadata={"Kind": "odd  one"})
        assert container.download_blob(f"key/{name}", offset=1).readall() == name.encode()[1:]
        assert {blob.name for blob in container.list_blobs(name_starts_with=f"key/{name}")} == {f"key/{name}"}
    blob = container.get_blob_client("key/blocks")
    blob.stage_block("0001", b"in blocks")
    blob.commit_block_list(["0001"])
    assert blob.exists()
    container.delete_blob("key/blocks")


@pytest.mark.parametrize(
    ("account", "key"), [("local", "bm90IHRoZSBrZXk="), ("local", ""), ("teamstorage", "of the account")]
)
def test_another_key(open_datastore: Callable[[AuthMode], AzureBlobDatastore], account: str, key: str) -> None:
    from azure.core.exceptions import ClientAuthenticationError

    store = open_datastore(AuthMode.ACCESS_KEY)
    given = {"account_name": account, "account_key": store.account_key if key == "of the account" else key}
    container = client(store, given)
    for ask in (lambda: container.upload_blob("a", b"evil"), lambda: list(container.list_blobs())):
        with pytest.raises(
            ClientAuthenticationError, match=r"SharedKey authorization refused(.|\n)*AuthenticationFailed"
        ):
            ask()


def test_without_a_credential_the_sdk_asks_as_nobody_and_who_has_a_token_for_storage_may(
    open_datastore: Callable[[AuthMode], AzureBlobDatastore], emulator: Emulator
) -> None:
    from azure.core.exceptions import ClientAuthenticationError

    store = open_datastore(AuthMode.IDENTITY)
    assert (store.credential_type, store.account_key, store.sas_token) == ("None", None, None)
    with pytest.raises(ClientAuthenticationError):
        store.blob_service.get_blob_client(store.container_name, "token/a").upload_blob(b"x")

    def put(audience: str) -> int:
        issued = requests.post(emulator.environment["MSI_ENDPOINT"], data={"resource": audience}, timeout=10)
        headers = {"Authorization": f"Bearer {issued.json()['access_token']}", "x-ms-blob-type": "BlockBlob"}
        url = f"{emulator.http}/azureml-blobstore/token/a"
        return requests.put(url, b"mine", headers=headers, timeout=10).status_code

    assert [put(audience) for audience in (STORAGE, f"{STORAGE}/")] == [201, 201]
    assert [put(audience) for audience in ("https://management.azure.com", f"{STORAGE}.evil")] == [401, 401]


def test_a_signature_of_one_request_is_none_of_another(
    open_datastore: Callable[[AuthMode], AzureBlobDatastore], monkeypatch: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    """Sent as it was signed, read again: but for another blob, by another method, with another header or parameter."""
    store = open_datastore(AuthMode.ACCESS_KEY)
    sent: list[requests.PreparedRequest] = []
    send = requests.adapters.HTTPAdapter.send

    def noting(adapter: Any, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        sent.append(request)
        return send(adapter, request, **options)

    with monkeypatch.context() as patch:
        patch.setattr(requests.adapters.HTTPAdapter, "send", noting)
        store.blob_service.get_blob_client(store.container_name, "signed/once").upload_blob(b"signed", overwrite=True)
    (request,) = sent
    url = f"{emulator.http}/azureml-blobstore/signed/once"
    own = dict(request.headers)

    def again(method: str = "PUT", url: str = url, **headers: str) -> int:
        return requests.request(method, url, data=b"signed", headers=own | headers, timeout=10).status_code

    assert again() == 201
    others = [
        again(url=f"{emulator.http}/azureml-blobstore/signed/twice"),
        again(url=f"{emulator.http}/containers/azureml-blobstore/signed/once"),
        again(url=f"{url}?comp=appendblock"),
        again("DELETE"),
        again(**{"x-ms-meta-a": "b"}),
        again(**{"If-None-Match": "*"}),
        again(Authorization=own["Authorization"] + "x"),
        again(Authorization="SharedKey ü"),
    ]
    assert others == [403] * 8


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"properties": {"systemDatastoresAuthMode": "password"}}, "'password' is none of AccessKey, Identity, User"),
        ({"properties": {"friendlyName": "x"}}, "does not have changing the friendlyName of the workspace"),
        ({"tags": {}}, "does not have changing the tags of the workspace"),
        ({"properties": {"systemDatastoresAuthMode": 1}}, "systemDatastoresAuthMode"),
    ],
)
def test_changes_of_the_workspace_that_are_refused(rest: Rest, changes: dict[str, object], said: str) -> None:
    answer = rest("PATCH", "", "", json=changes)
    assert (answer.status_code, said in answer.json()["message"]) == (400, True), answer.text


def test_the_verb(emulator: Emulator, open_datastore: Callable[[AuthMode], AzureBlobDatastore]) -> None:
    command = [sys.executable, "-m", "azureml_emulator", "datastores", "--state", str(emulator.folder)]
    changed = subprocess.run([*command, "--auth-mode", "identity"], capture_output=True, text=True, check=True)
    assert changed.stdout == "Identity\n"
    assert open_datastore(AuthMode.IDENTITY).credential_type == "None"
