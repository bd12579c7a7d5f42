"""How many connections the SDK opens for the files of a pipeline's sources."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from urllib3.connection import HTTPSConnection

from workspaces.jobs.pipelines import Definition, Step

if TYPE_CHECKING:
    from workspaces.workspace import Workspace

FILES = 60

pytestmark = pytest.mark.parametrize("open_port", ["v1"], indirect=True, scope="module")


def test_each_thread_sends_all_its_files_over_one(
    port: Workspace, define: Callable[..., Definition], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK's own way is one for each file."""
    (tmp_path / "echo.py").write_text("print()\n")
    for number in range(FILES):
        (tmp_path / f"{number}.txt").write_text(f"{number} in {tmp_path}")
    opened: list[int] = []
    sent: list[str] = []
    connect, request = HTTPSConnection.connect, HTTPSConnection.request

    def noted(connection: HTTPSConnection) -> None:
        opened.append(threading.get_ident())
        connect(connection)

    def counted(connection: HTTPSConnection, method: str, url: str, *others: Any, **options: Any) -> None:
        sent.append(method)
        request(connection, method, url, *others, **options)

    monkeypatch.setattr(HTTPSConnection, "connect", noted)
    monkeypatch.setattr(HTTPSConnection, "request", counted)

    version = port.pipelines.publish(
        replace(define(Step("first", "echo.py", "written")), source=tmp_path), "connections", "", "1"
    )

    assert version
    assert sent.count("PUT") >= FILES
    assert len(opened) < FILES / 2, f"{len(opened)} connections of {len(set(opened))} threads"
