"""Datastores: the workspace's own, and others on containers of its storage account."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.data.azure_storage_datastore import AzureBlobDatastore

Rest = Callable[..., requests.Response]
BUILT_IN = "workspaceblobstore"
OWN = [BUILT_IN, "workspaceartifactstore"]


@pytest.fixture
def raw(workspace: Workspace, emulator: Emulator) -> Iterator[AzureBlobDatastore]:
    """A datastore with an empty container of its own."""
    from azureml.core import Datastore

    yield Datastore.register_azure_blob_container(workspace, "raw", "raw-data", "local", create_if_not_exists=True)
    Datastore.get(workspace, BUILT_IN).set_as_default()
    Datastore.get(workspace, "raw").unregister()
    shutil.rmtree(emulator.folder / "blobs" / "raw-data")


def test_default(workspace: Workspace) -> None:
    store = workspace.get_default_datastore()
    assert (store.name, store.datastore_type) == (BUILT_IN, "AzureBlob")
    assert list(workspace.datastores) == OWN


def test_unknown(workspace: Workspace) -> None:
    from azureml.core import Datastore

    with pytest.raises(Exception, match="datastore 'warehouse' not found: there is workspaceblobstore"):
        Datastore.get(workspace, "warehouse")


def test_another_container(raw: AzureBlobDatastore, workspace: Workspace, emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n")
    raw.upload_files([str(tmp_path / "a.csv")], target_path="2026", show_progress=False)
    assert (emulator.folder / "blobs" / "raw-data" / "2026" / "a.csv").read_text() == "x,y\n"
    assert raw.download(str(tmp_path / "back"), prefix="2026", show_progress=False) == 1
    assert (tmp_path / "back" / "2026" / "a.csv").read_text() == "x,y\n"
    assert set(workspace.datastores) == {*OWN, "raw"}


def test_folder_of_the_user(workspace: Workspace, emulator: Emulator, tmp_path: Path) -> None:
    from azureml.core import Datastore

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "b.csv").write_text("z\n")
    link = emulator.folder / "blobs" / "mine"
    link.symlink_to(tmp_path / "mine")
    store = Datastore.register_azure_blob_container(workspace, "mine", "mine", "local")
    assert store.download(str(tmp_path / "back"), show_progress=False) == 1
    store.unregister()
    assert (tmp_path / "mine" / "b.csv").exists()
    link.unlink()


def test_set_as_default(raw: AzureBlobDatastore, workspace: Workspace) -> None:
    raw.set_as_default()
    assert workspace.get_default_datastore().name == "raw"
    with pytest.raises(Exception, match="'raw' is the default"):
        raw.unregister()


def test_unregister(raw: AzureBlobDatastore, workspace: Workspace) -> None:
    from azureml.core import Datastore

    raw.unregister()
    with pytest.raises(Exception, match="'raw' not found"):
        Datastore.get(workspace, "raw")
    Datastore.register_azure_blob_container(workspace, "raw", "raw-data", "local")
    with pytest.raises(Exception, match="belongs to the workspace"):
        workspace.get_default_datastore().unregister()


def test_name_that_is_taken(raw: AzureBlobDatastore, workspace: Workspace) -> None:
    """In any case; with overwrite=True the SDK updates it."""
    from azureml.core import Datastore

    with pytest.raises(Exception, match="same name already exists: 'Raw'"):
        Datastore.register_azure_blob_container(workspace, "Raw", "raw-data", "local")
    updated = Datastore.register_azure_blob_container(
        workspace, "Raw", "other-data", "local", overwrite=True, create_if_not_exists=True
    )
    assert (updated.name, updated.container_name) == ("raw", "other-data")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"account_name": "teamstorage", "account_key": "a2V5"}, "does not have the storage account 'teamstorage'"),
        ({"account_key": "a2V5"}, "takes no account_key"),
        ({"sas_token": "sv=2020"}, "takes no account_key and no sas_token"),
        ({"blob_cache_timeout": 600}, "does not have datastores with blobCacheTimeout"),
        ({"container_name": "none-such"}, "container 'none-such' not found in storage account 'local'"),
        ({"container_name": "history", "create_if_not_exists": True}, "'history' is taken"),
        ({"container_name": "../runs", "create_if_not_exists": True}, "is not 3 to 63 lower-case letters"),
        ({"datastore_name": "a b", "create_if_not_exists": True}, "the datastore name 'a b' is not"),
    ],
)
def test_what_cannot_be_honoured(workspace: Workspace, changes: dict[str, object], said: str) -> None:
    from azureml.core import Datastore

    given = {"datastore_name": "new", "container_name": "new-data", "account_name": "local"} | changes
    with pytest.raises(Exception, match=said):
        Datastore.register_azure_blob_container(workspace, **given)
    assert list(workspace.datastores) == OWN


def test_other_kinds_of_storage(workspace: Workspace) -> None:
    from azureml.core import Datastore

    with pytest.raises(Exception, match="does not have datastores of the type AzureFile"):
        Datastore.register_azure_file_share(workspace, "files", "share", "local")


def test_container_without_a_signature(raw: AzureBlobDatastore, emulator: Emulator, workspace: Workspace) -> None:
    """The signature of one container is none for another, and none at all opens no service."""
    own = str(workspace.get_default_datastore().sas_token)
    for url in (f"{emulator.http}/raw-data/a.csv{own}", f"{emulator.http}/raw-data/a.csv"):
        assert requests.get(url, timeout=10).status_code == 401
        assert requests.put(url, b"x", timeout=10).status_code == 401
    assert requests.get(f"{emulator.http}/containers/../history/v1.0/experiments/a", timeout=10).status_code == 401
