"""The target that has proven a version: its settings, and what is said where it can't be read."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from config.errors import ConfigError, WorkspaceError
from config.loading.folder import config_folder, config_variables
from config.loading.names import TARGET, choose
from config.sections.workspace import PLACEHOLDER
from config.settings import Settings, load_settings
from steps.registration.lineage import arm_id
from workspaces.errors import NotSignedIn, RequestError, Unreachable

FROM = TARGET._replace(option="--from")
SUBSCRIPTION = "AMLGPU_WORKSPACE__SUBSCRIPTION_ID"


def source_settings(name: str, target: Settings, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the same service on the target ``name``, as its files have them.

    ``--set`` and AMLGPU_* say something of the target that is promoted to alone. But for the subscription, where the
    file has none yet: both are in one, then. ConfigError where these two aren't two services.
    """
    files = config_variables(environ)
    choose(FROM, name, files, config_folder(environ))
    source = load_settings(name, environ=files, service=target.service_file, to_look=True)
    if source.workspace.subscription_id == PLACEHOLDER and SUBSCRIPTION in environ:
        files |= {SUBSCRIPTION: environ[SUBSCRIPTION]}
        source = load_settings(name, environ=files, service=target.service_file, to_look=True)
    check_two(source, target)
    return source


def check_two(source: Settings, target: Settings) -> None:
    """ConfigError unless these are two services that one process can reach."""
    if source.target == target.target:
        raise ConfigError(f"--from {source.target} --target {target.target}: nothing is promoted to where it is")
    if source.workspace.local != target.workspace.local:
        raise ConfigError(
            f"--from {source.target} --target {target.target}: one is the local workspace and the other is in Azure: a "
            "command reaches one of them only"
        )
    if (
        arm_id(source.workspace).lower() == arm_id(target.workspace).lower()
        and source.service.name == target.service.name
    ):
        raise ConfigError(
            f"--from {source.target} --target {target.target}: both are the service {target.service.name} of the "
            f"workspace {target.workspace.name}: nothing is promoted to where it is"
        )


@contextmanager
def reading(source: Settings) -> Iterator[None]:
    """Say of a request that Azure ML refuses in this block which target it was about, and what reading that one takes.

    What stopped all requests, such as no sign-in, is told as ever.
    """
    try:
        yield
    except RequestError as error:
        if isinstance(error, NotSignedIn | Unreachable):
            raise
        raise WorkspaceError(
            f"{source.target}'s workspace {source.workspace.name} couldn't be read: {error}\nWhoever promotes reads "
            'that workspace, and its storage: see "From dev to prod" in docs/releases.md'
        ) from error
