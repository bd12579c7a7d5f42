"""Where a version was promoted from, as one line: a parameter of the pipeline, and a property of the version.

    /subscriptions/…/workspaces/aml-gpu-dev/models/digits/versions/4/runs/RUN/content/SHA-256/contract/SHA-256

It begins as Azure Resource Manager names a version. But for the parentheses that a resource group may have, it holds
nothing that a shell would take for its own.
"""

import re
from dataclasses import dataclass

from typing_extensions import Self

from config.errors import ConfigError
from config.settings import Workspace

UNPROMOTED = "-"
"""The parameter's value where a model comes from nowhere else."""
PROMOTED_FROM = "promoted_from"
"""Name of the parameter, and of the version's property."""
LONGEST = 1000
"""Characters of a property: https://learn.microsoft.com/azure/machine-learning/resource-limits-capacity"""
SHOWN = 200
LINE = re.compile(
    r"(?P<workspace>/subscriptions/[A-Za-z0-9-]{1,64}/resourceGroups/[\w.()-]{1,90}"
    r"/providers/Microsoft\.MachineLearningServices/workspaces/(?P<name>[A-Za-z0-9][A-Za-z0-9_-]{1,254}))"
    r"/models/(?P<model>[A-Za-z0-9][A-Za-z0-9_.-]{0,254})/versions/(?P<version>[1-9][0-9]{0,9})"
    r"/runs/(?P<run_id>[A-Za-z0-9][A-Za-z0-9_.-]{0,254})"
    r"/content/(?P<content_hash>[0-9a-f]{64})/contract/(?P<contract_hash>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Lineage:
    """A version as it was proven in another workspace. ConfigError where a name is none that Azure has."""

    workspace: str
    """ARM id."""
    model: str
    version: int
    run_id: str
    """The pipeline run that released it there."""
    content_hash: str
    """Of its SavedModel, as steps.registration.saved_model has it."""
    contract_hash: str
    """The same of a folder with its contract alone; names that folder on the datastore."""

    def __post_init__(self) -> None:
        _matched(self.line)

    @classmethod
    def parse(cls, line: str) -> Self:
        """ConfigError for what no Lineage is written as."""
        found = _matched(line)
        return cls(
            found["workspace"],
            found["model"],
            int(found["version"]),
            found["run_id"],
            found["content_hash"],
            found["contract_hash"],
        )

    @property
    def line(self) -> str:
        return (
            f"{self.workspace}/models/{self.model}/versions/{self.version}/runs/{self.run_id}"
            f"/content/{self.content_hash}/contract/{self.contract_hash}"
        )

    def __str__(self) -> str:
        """For people: ``digits:4 of aml-gpu-dev, run RUN``."""
        return f"{self.model}:{self.version} of {self.workspace.rpartition('/')[2]}, run {self.run_id}"


def _matched(line: str) -> re.Match[str]:
    found = LINE.fullmatch(line) if len(line) <= LONGEST else None
    if found is None:
        said = line if len(line) <= SHOWN else f"{line[:SHOWN]}…"
        raise ConfigError(
            f"{PROMOTED_FROM}={said}: it doesn't name a version of another workspace, its run and its hashes: let "
            f"`amlgpu promote` give this parameter; `{UNPROMOTED}` is for all other models"
        )
    return found


def arm_id(names: Workspace) -> str:
    """The workspace's id in Azure Resource Manager."""
    group = f"/subscriptions/{names.subscription_id}/resourceGroups/{names.resource_group}"
    return f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{names.name}"


def parse_parameter(value: str) -> Lineage | None:
    """Of the pipeline's parameter; None where the model comes from nowhere else."""
    return None if value == UNPROMOTED else Lineage.parse(value)


def shown(line: str | None) -> str | None:
    """A line that was recorded, for people; as it is where another version of this project wrote it."""
    if line is None:
        return None
    try:
        return str(Lineage.parse(line))
    except ConfigError:
        return line[:LONGEST]
