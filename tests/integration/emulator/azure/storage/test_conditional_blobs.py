"""Writes under conditions, by which programs share one blob: through the storage library inside the SDK."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from azureml.core import Workspace


@pytest.fixture
def container(workspace: Workspace) -> Any:
    store = workspace.get_default_datastore()
    return store.blob_service.get_container_client(store.container_name)


def test_only_one_of_many_makes_a_blob(container: Any) -> None:
    from azure.core.exceptions import ResourceExistsError

    def make(number: int) -> int | None:
        try:
            container.upload_blob("shared/new", str(number), overwrite=False)
        except ResourceExistsError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        made = [number for number in pool.map(make, range(8)) if number is not None]
    assert len(made) == 1
    assert container.download_blob("shared/new").readall() == str(made[0]).encode()


def test_only_one_of_many_replaces_what_all_have_read(container: Any) -> None:
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceModifiedError

    container.upload_blob("shared/old", "old", overwrite=True)
    read = container.get_blob_client("shared/old").get_blob_properties().etag

    def replace(number: int) -> int | None:
        condition = {"etag": read, "match_condition": MatchConditions.IfNotModified}
        try:
            container.upload_blob("shared/old", str(number), overwrite=True, **condition)
        except ResourceModifiedError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        done = [number for number in pool.map(replace, range(8)) if number is not None]
    assert len(done) == 1
    assert container.download_blob("shared/old").readall() == str(done[0]).encode()
