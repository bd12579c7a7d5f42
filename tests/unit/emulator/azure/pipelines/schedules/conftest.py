"""A clock that a test sets, and an engine that executes nothing."""

from collections.abc import Callable
from datetime import datetime, timezone

import pytest

from azureml_emulator.azure.pipelines.runs.engine import Engine
from azureml_emulator.azure.pipelines.schedules.scheduler import Scheduler
from azureml_emulator.execution.executor import Executor
from azureml_emulator.state.clock import Clock
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

NOON = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
HOURLY = {"Frequency": "Hour", "Interval": 1, "StartTime": "2026-11-01T00:30:00", "TimeZone": "UTC"}


class StoppedClock(Clock):
    """Shows what a test sets."""

    moment = NOON

    def now(self) -> datetime:
        return self.moment


class Submissions(Engine):
    """Keeps what was started, and does what a test wants done in that moment."""

    def __init__(self, workspace: LocalWorkspace) -> None:
        super().__init__(workspace, Executor(workspace))
        self.runs: list[str] = []
        self.in_the_middle: Callable[[], object] = lambda: None

    def submit(self, run_id: str) -> None:
        self.runs.append(run_id)
        self.in_the_middle()


@pytest.fixture
def clock(workspace: LocalWorkspace) -> StoppedClock:
    workspace.clock = clock = StoppedClock(workspace.store)
    return clock


@pytest.fixture
def engine(workspace: LocalWorkspace, clock: StoppedClock) -> Submissions:
    """In a workspace with the published pipeline "digits" that takes n."""
    graph: Document = {"ModuleNodes": []}
    interface = {"Parameters": [{"Name": "n", "DefaultValue": "1"}]}
    workspace.store.put("graph", "of-digits", {"graph": graph, "interface": interface})
    pipeline: Document = {"Name": "digits", "GraphId": "of-digits", "EntityStatus": "Active", "Description": None}
    pipeline |= {"ParameterAssignments": {}, "ContinueRunOnStepFailure": False}
    workspace.store.put("pipeline", "digits", pipeline)
    return Submissions(workspace)


@pytest.fixture
def scheduler(workspace: LocalWorkspace, engine: Submissions) -> Scheduler:
    return Scheduler(workspace, engine)


Add = Callable[..., str]


@pytest.fixture
def add(workspace: LocalWorkspace, scheduler: Scheduler) -> Add:
    """Stores a schedule as its route does: `add("nightly", Recurrence={…})`."""

    def store(name: str, **trigger: Document) -> str:
        schedule: Document = {"Id": name, "Name": name, "EntityStatus": "Active", "PipelineId": "digits"}
        schedule |= {"PipelineSubmissionInfo": {"ExperimentName": "nightly", "ParameterAssignments": {"n": "7"}}}
        workspace.store.put("schedule", name, scheduler.plan(schedule | trigger))
        return name

    return store


def runs_of(workspace: LocalWorkspace) -> list[Document]:
    return workspace.store.all("pipeline run")
