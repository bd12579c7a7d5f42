"""The keys of the live service. Both open it, so that one can be replaced while callers go over to the other."""

from config.settings import Settings
from pipelines.live.status import live_service
from workspaces.services import KeyName
from workspaces.workspace import Workspace


def service_key(workspace: Workspace, settings: Settings, which: KeyName) -> str:
    """WorkspaceError when there is no such service."""
    live_service(workspace, settings)
    primary, secondary = workspace.services.keys(settings.service.name)
    return primary if which == "primary" else secondary


def regenerate(workspace: Workspace, settings: Settings, which: KeyName) -> None:
    """Replace one key at once. WorkspaceError when there is no such service."""
    live_service(workspace, settings)
    workspace.services.regenerate_key(settings.service.name, which)
