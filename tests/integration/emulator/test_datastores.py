"""Datastores: there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from azureml.core import Workspace


def test_default(workspace: Workspace) -> None:
    store = workspace.get_default_datastore()
    assert (store.name, store.datastore_type) == ("workspaceblobstore", "AzureBlob")
    assert list(workspace.datastores) == ["workspaceblobstore"]


def test_unknown(workspace: Workspace) -> None:
    from azureml.core import Datastore

    with pytest.raises(Exception, match="warehouse"):
        Datastore.get(workspace, "warehouse")
