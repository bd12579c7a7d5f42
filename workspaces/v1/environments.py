"""Environments of SDK v1, which keep their variables with them."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from azureml.core import Environment as SdkEnvironment
from azureml.core import Workspace
from azureml.core.conda_dependencies import CondaDependencies

from workspaces.azure.errors import translates
from workspaces.environments import Environment


@translates
class V1Environments:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def register(self, environment: Environment) -> Environment:
        return replace(environment, version=sdk_environment(environment).register(self._workspace).version)

    def find(self, name: str, version: str | None) -> Environment:
        found = SdkEnvironment.get(self._workspace, name, version)
        return Environment(
            name=found.name,
            dockerfile=found.docker.base_dockerfile or f"FROM {found.docker.base_image}\n",
            conda=found.python.conda_dependencies.serialize_to_string(),
            variables=dict(found.environment_variables or {}),
            version=found.version,
        )


def sdk_environment(environment: Environment) -> SdkEnvironment:
    """The SDK's object for a definition, not registered."""
    made = SdkEnvironment(environment.name)
    made.docker.base_image = None
    made.docker.base_dockerfile = environment.dockerfile
    with TemporaryDirectory() as folder:  # the SDK reads a specification from a file only
        file = Path(folder) / "environment.yml"
        file.write_text(environment.conda, encoding="utf-8")
        made.python.conda_dependencies = CondaDependencies(str(file))
    made.environment_variables = dict(environment.variables)
    return made


def registered_environment(workspace: Workspace, environment: Environment) -> SdkEnvironment:
    """The SDK's object as the workspace has it, where it has a version; else that of the definition."""
    if environment.version is None:
        return sdk_environment(environment)
    return SdkEnvironment.get(workspace, environment.name, environment.version)
