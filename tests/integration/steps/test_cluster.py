"""What a release finds, or misses, before it changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from config.errors import WorkspaceError
from config.settings import load_settings

if TYPE_CHECKING:
    from workspaces.v1.workspace import V1Workspace


def test_a_service_that_is_not_there(port: V1Workspace) -> None:
    assert port.services.find("no-such-service") is None


def test_a_cluster_that_is_not_there_is_named_with_the_verb(port: V1Workspace) -> None:
    from steps.rollout.cluster import find_cluster

    settings = load_settings("local", {"cluster.name": "not-attached"}, environ={})

    with pytest.raises(
        WorkspaceError, match=r"cluster\.name=not-attached: .*`amlgpu provision --target local --service digits "
    ):
        find_cluster(port, settings)
