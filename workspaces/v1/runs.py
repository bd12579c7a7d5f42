"""Runs of SDK v1."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from azureml.core import Run, Workspace
from azureml.exceptions import AzureMLException
from msrest.exceptions import ClientException, HttpOperationError

from workspaces.azure.errors import translated, translates
from workspaces.azure.history import by_name, called, error_of, instant, step_seconds
from workspaces.errors import RequestError
from workspaces.files import leads_out
from workspaces.jobs.runs import ENDED, StepState
from workspaces.jobs.runs import Run as StepRun
from workspaces.netrc import as_given

if TYPE_CHECKING:
    from azureml.pipeline.core import PipelineRun

    from workspaces.workspace import Workspace as PortWorkspace

TIMEOUT_SECONDS = 60
FEW = 4
"""So many files are sent or brought one by one: whoever asks for them together is kept waiting for at least 0.25 s, the
time after which the SDK looks again whether all are done (azureml/_common/async_utils/task_queue.py)."""
A_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}")
"""What ids of runs consist of. Tags name runs, too, and are anybody's: the SDK puts an id into an address as it is."""
STEP_NAME = "azureml.moduleName"
STEP_TYPE, SOURCE = "azureml.StepRun", "azureml.runsource"
LOG_NAMES = ("user_logs/std_log.txt", "azureml-logs/70_driver_log.txt")


def current_run() -> V1Run:
    with translated():
        return V1Run(Run.get_context(allow_offline=False))


@translates
class V1Run:
    def __init__(self, run: Run) -> None:
        self._run = run

    @property
    def id(self) -> str:
        return str(self._run.id)

    @property
    def name(self) -> str:
        # Azure ML gives each step this property, which nobody can change; anybody may rename a run.
        return str(self._run.properties.get(STEP_NAME) or self._run.name)

    @property
    def pipeline_run_id(self) -> str:
        return os.environ.get("AZUREML_ROOT_RUN_ID") or self.id

    @property
    def workspace(self) -> PortWorkspace:
        from workspaces.v1.workspace import V1Workspace  # which imports this module

        return V1Workspace(self._run.experiment.workspace)

    def files(self) -> list[str]:
        return list(self._run.get_file_names())

    def keep(self, files: Mapping[str, Path]) -> None:
        if len(files) > FEW:
            self._run.upload_files(list(files), [str(path) for path in files.values()])
            return
        for name, path in files.items():
            self._run.upload_file(name, str(path))

    def fetch(self, name: str, path: Path) -> None:
        self._run.download_file(name, str(path))

    def fetch_folder(self, prefix: str, folder: Path) -> None:
        names = [name for name in self.files() if name.startswith(prefix)]
        if out := [name for name in names if leads_out(folder, name.removeprefix(prefix))]:
            raise RequestError(
                f"run {self.id}: its file {out[0]!r} points out of the folder that it is to be brought to"
            )
        if len(names) > FEW:
            self._run.download_files(prefix=prefix, output_directory=str(folder), append_prefix=False)
            return
        for name in names:
            path = folder / name.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._run.download_file(name, str(path))

    def log_metric(self, name: str, value: float) -> None:
        self._run.log(name, value)

    def tag(self, tags: Mapping[str, str]) -> None:
        for run in (self._run, self._parent):
            run.set_tags(dict(tags))

    def properties(self) -> dict[str, str]:
        return dict(self._run.get_properties())

    def add_properties(self, properties: Mapping[str, str]) -> None:
        self._run.add_properties(dict(properties))
        there = self._run.get_properties()  # the service may keep the first value without a word
        if other := [name for name, value in properties.items() if there.get(name) != value]:
            raise RequestError(f"run {self.id}: its property {other[0]} is {there.get(other[0])!r} already")

    @cached_property
    def _parent(self) -> Run:
        return self._run.parent  # the SDK asks for it each time

    def state(self) -> StepState:
        details = self._run.get_details()
        return StepState(self.name, details["status"], step_seconds(details), error_of(details))

    def ended(self) -> datetime | None:
        return instant(self._run.get_details().get("endTimeUtc"))

    def log_text(self) -> str | None:
        urls: dict[str, str] = self._run.get_details().get("logFiles") or {}
        url = next((urls[name] for name in LOG_NAMES if name in urls), None)
        if url is None:
            return None
        return requests.get(url, auth=as_given, timeout=TIMEOUT_SECONDS).content.decode("utf-8", "replace")


@translates
class V1Runs:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._runs: dict[str, Run] = {}
        self._pipeline_runs: dict[str, PipelineRun] = {}

    def status(self, run_id: str) -> str:
        return str(self._pipeline_run(run_id).get_status())

    def has_ended(self, run_id: str) -> bool:
        try:
            return str(Run.get(self._workspace, run_id).get_status()) in ENDED
        except (AzureMLException, ClientException):
            return False

    def steps(self, run_id: str) -> dict[str, StepRun]:
        return by_name(run_id, self._children(run_id))

    def step(self, run_id: str, name: str) -> StepRun | None:
        return called(run_id, self._children(run_id), name)

    def cancel(self, run_id: str) -> None:
        self._pipeline_run(run_id).cancel()

    def _children(self, run_id: str) -> list[V1Run]:
        """The runs right below it that the pipeline engine made: anybody can put others there."""
        if A_RUN.fullmatch(run_id) is None:
            return []
        try:
            # As plain runs: to make each one of its own type, the SDK asks three times a step.
            children = list(self._run(run_id).get_children(_rehydrate_runs=False))
        except HttpOperationError as error:
            if error.response is not None and error.response.status_code == requests.codes.not_found:
                return []
            raise
        return [V1Run(child) for child in children if (child.type or child.properties.get(SOURCE)) == STEP_TYPE]

    def _run(self, run_id: str) -> Run:
        if run_id not in self._runs:
            self._runs[run_id] = Run.get(self._workspace, run_id)
        return self._runs[run_id]

    def _pipeline_run(self, run_id: str) -> PipelineRun:
        from azureml.pipeline.core import PipelineRun  # slow, and no step needs it

        if run_id not in self._pipeline_runs:
            self._pipeline_runs[run_id] = PipelineRun.get(self._workspace, run_id)
        return self._pipeline_runs[run_id]
