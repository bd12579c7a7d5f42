"""Reach the workspace that the settings name, locally or in Azure, through the same SDK."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

from config.errors import ConfigError
from pipelines import local

if TYPE_CHECKING:
    from config.settings import Settings
    from workspaces.workspace import Workspace


@contextmanager
def open_target(settings: "Settings", start: bool = False) -> "Iterator[Workspace]":
    """The workspace of ``settings``; ``start`` starts the local one first.

    ConfigError where the file of the target doesn't say yet which it is.
    """
    if not settings.workspace.local:
        _check_filled_in(settings)
    with reach_target(settings, start):
        from workspaces.opening import open_workspace

        yield open_workspace(settings)


@contextmanager
def reach_target(settings: "Settings", start: bool = False) -> Iterator[None]:
    """Send the SDK to where the workspace of ``settings`` is, without asking for it.

    LocalWorkspaceError where that is this machine, and nothing runs there. The SDK prints as it goes. Inside, that is
    dropped: standard output belongs to the answer of the verb.
    """
    if settings.workspace.local:
        local.redirect(start=start)
    for library in ("azureml", "azure", "urllib3"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    with redirect_stdout(io.StringIO()):
        yield


def _check_filled_in(settings: "Settings") -> None:
    from config.sections.workspace import PLACEHOLDER

    if settings.workspace.subscription_id == PLACEHOLDER:
        raise ConfigError(
            f"workspace.subscription_id={PLACEHOLDER} is a placeholder: write yours into the file of the target "
            f"{settings.target} (`az account show --query id` prints it), and the names of your resource group, "
            "workspace and AKS cluster"
        )
