"""Reach the workspace that the settings name, locally or in Azure, through the same SDK."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

from pipelines import local

if TYPE_CHECKING:
    from config.settings import Settings
    from workspaces.workspace import Workspace


@contextmanager
def open_target(settings: "Settings", start: bool = False) -> "Iterator[Workspace]":
    """The workspace of ``settings``; ``start`` starts the local one first.

    The SDK prints as it goes. Inside, that is dropped: standard output belongs to the answer of the verb.
    """
    if settings.workspace.local:
        local.redirect(start=start)
    for library in ("azureml", "azure", "urllib3"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    with redirect_stdout(io.StringIO()):
        from workspaces.opening import open_workspace

        yield open_workspace(settings)
