"""Batch endpoints that somebody else made: what is published there leaves theirs as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from workspaces.jobs.pipelines import Definition, Step

if TYPE_CHECKING:
    from workspaces.v2.workspace import V2Workspace

pytestmark = pytest.mark.parametrize("open_port", ["v2"], indirect=True, scope="module")
STEP = Step("first", "echo.py", "first_written")


def test_a_publication_leaves_the_tags_of_others(
    port: V2Workspace, define: Callable[..., Definition], name: str
) -> None:
    from azure.ai.ml.entities import BatchEndpoint

    operations = port._connection.ml.batch_endpoints
    operations.begin_create_or_update(BatchEndpoint(name=name, tags={"team": "network"})).result()
    published = port.pipelines.publish(define(STEP), name, "for a test", "1")
    port.pipelines.make_default(published, name, "for a test")
    assert operations.get(name).tags["team"] == "network"
    assert port.pipelines.default_of(name) == "1"
