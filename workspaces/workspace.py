"""A workspace as a whole."""

from typing import Protocol

from workspaces.access import Access
from workspaces.computes import Computes
from workspaces.environments import Environments
from workspaces.files import Files
from workspaces.jobs.pipelines import Pipelines
from workspaces.jobs.runs import Runs
from workspaces.jobs.schedules import Schedules
from workspaces.models import Models
from workspaces.services import Services


class Workspace(Protocol):
    """Everything that is asked of a workspace, by noun."""

    @property
    def name(self) -> str: ...
    @property
    def sdk(self) -> str:
        """``v1`` or ``v2``: each sees services, published pipelines and schedules of its own alone."""

    @property
    def files(self) -> Files: ...
    @property
    def models(self) -> Models: ...
    @property
    def environments(self) -> Environments: ...
    @property
    def services(self) -> Services: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def pipelines(self) -> Pipelines: ...
    @property
    def schedules(self) -> Schedules: ...
    @property
    def computes(self) -> Computes: ...
    @property
    def access(self) -> Access: ...
