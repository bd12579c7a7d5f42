"""Runs of SDK v2: jobs, and the steps in them, by run history, which the SDK shows a part of."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from azure.core.exceptions import AzureError, ResourceNotFoundError

from config.settings import Workspace as Names
from workspaces.azure.credential import find_credential
from workspaces.azure.errors import translated, translates
from workspaces.azure.history import by_name, called, error_of, instant, step_seconds
from workspaces.errors import RequestError
from workspaces.jobs.runs import ENDED, StepState
from workspaces.jobs.runs import Run as StepRun
from workspaces.netrc import as_given
from workspaces.v2.connection import Connection, part
from workspaces.v2.jobs.run_files import RunFiles

if TYPE_CHECKING:
    from workspaces.workspace import Workspace as PortWorkspace

TIMEOUT_SECONDS = 60
HISTORY, MLFLOW = "history/v1.0", "mlflow/v2.0"
A_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}")
"""What ids of runs consist of. Tags name runs, too, and are anybody's."""
STEP_NAME = "azureml.moduleName"
STEP_TYPE, SOURCE = "azureml.StepRun", "azureml.runsource"
LOG_NAMES = ("user_logs/std_log.txt",)


def current_run() -> V2Run:
    """By the variables that Azure ML gives a job. There is no token of a run's own: it works as the compute's identity.

    RequestError outside of a job.
    """
    with translated():
        try:
            names = Names(
                sdk="v2",
                subscription_id=os.environ["AZUREML_ARM_SUBSCRIPTION"],
                resource_group=os.environ["AZUREML_ARM_RESOURCEGROUP"],
                name=os.environ["AZUREML_ARM_WORKSPACE_NAME"],
            )
            run_id = os.environ["AZUREML_RUN_ID"]
        except KeyError as missing:
            raise RequestError(f"this process is no step of a run: it has no variable {missing.args[0]}") from None
        connection = Connection(names, find_credential())
        return V2Run(connection, connection.plane.ask("GET", HISTORY, f"runs/{part(run_id)}"))


@translates
class V2Run:
    def __init__(self, connection: Connection, document: Mapping[str, Any]) -> None:
        """``document`` is what run history says of it; what changes is asked for anew."""
        self._connection, self._document = connection, document
        self._files = RunFiles(connection, document)

    @property
    def id(self) -> str:
        return str(self._document["runId"])

    @property
    def name(self) -> str:
        # Azure ML gives each step this property, which nobody can change; anybody may rename a run.
        return str(self._document["properties"].get(STEP_NAME) or self._document.get("displayName") or self.id)

    @property
    def pipeline_run_id(self) -> str:
        return str(self._document.get("rootRunId") or self.id)

    @property
    def workspace(self) -> PortWorkspace:
        from workspaces.v2.workspace import V2Workspace  # which imports this module

        return V2Workspace(self._connection)

    def files(self) -> list[str]:
        return self._files.names()

    def keep(self, files: Mapping[str, Path]) -> None:
        self._files.keep(files)

    def fetch(self, name: str, path: Path) -> None:
        self._files.fetch(name, path)

    def fetch_folder(self, prefix: str, folder: Path) -> None:
        self._files.fetch_folder(prefix, folder)

    def log_metric(self, name: str, value: float) -> None:
        """https://mlflow.org/docs/latest/rest-api.html#log-metric"""
        measured = {"run_id": self.id, "key": name, "value": value, "timestamp": int(time.time() * 1000), "step": 0}
        self._connection.plane.ask("POST", MLFLOW, "api/2.0/mlflow/runs/log-metric", measured)

    def tag(self, tags: Mapping[str, str]) -> None:
        for run_id in (self.id, self.pipeline_run_id):
            self._change(run_id, {"tags": dict(tags)})

    def properties(self) -> dict[str, str]:
        return dict(self._read()["properties"])

    def add_properties(self, properties: Mapping[str, str]) -> None:
        self._change(self.id, {"properties": dict(properties)})
        there = self.properties()  # the service may keep the first value without a word
        if other := [name for name, value in properties.items() if there.get(name) != value]:
            raise RequestError(f"run {self.id}: its property {other[0]} is {there.get(other[0])!r} already")

    def state(self) -> StepState:
        found = self._read()
        return StepState(self.name, str(found["status"]), step_seconds(found), error_of(found))

    def ended(self) -> datetime | None:
        return instant(self._read().get("endTimeUtc"))

    def log_text(self) -> str | None:
        details = self._connection.plane.ask("GET", HISTORY, f"runs/{part(self.id)}/details")
        urls: dict[str, str] = details.get("logFiles") or {}
        url = next((urls[name] for name in LOG_NAMES if name in urls), None)
        if url is None:
            return None
        answer = requests.get(url, auth=as_given, timeout=TIMEOUT_SECONDS)
        if answer.status_code == requests.codes.not_found:  # announced, and not written yet
            return None
        answer.raise_for_status()
        return answer.content.decode("utf-8", "replace")

    def _read(self) -> dict[str, Any]:
        return dict(self._connection.plane.ask("GET", HISTORY, f"runs/{part(self.id)}"))

    def _change(self, run_id: str, changes: Mapping[str, object]) -> None:
        path = f"experimentids/{part(str(self._document['experimentId']))}/runs/{part(run_id)}"
        self._connection.plane.ask("PATCH", HISTORY, path, {"runId": run_id, **changes})


@translates
class V2Runs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def status(self, run_id: str) -> str:
        return str(self._read(run_id)["status"])

    def has_ended(self, run_id: str) -> bool:
        try:
            return str(self._read(run_id)["status"]) in ENDED
        except (AzureError, requests.RequestException, RequestError):
            return False

    def steps(self, run_id: str) -> dict[str, StepRun]:
        return by_name(run_id, self._children(run_id))

    def step(self, run_id: str, name: str) -> StepRun | None:
        return called(run_id, self._children(run_id), name)

    def cancel(self, run_id: str) -> None:
        self._connection.ml.jobs.begin_cancel(run_id)

    def _read(self, run_id: str) -> dict[str, Any]:
        if A_RUN.fullmatch(run_id) is None:
            raise RequestError(f"there is no run {run_id!r}")
        return dict(self._connection.plane.ask("GET", HISTORY, f"runs/{part(run_id)}"))

    def _children(self, run_id: str) -> list[V2Run]:
        """The runs right below it that the pipeline engine made: anybody can put others there."""
        if A_RUN.fullmatch(run_id) is None:
            return []
        found, more = [], dict[str, str]()
        try:
            while True:
                page = self._connection.plane.ask("GET", HISTORY, f"runs/{part(run_id)}/children", query=more)
                found += page["value"]
                if not (token := page.get("continuationToken")):
                    break
                more = {"$continuationToken": token}
        except ResourceNotFoundError:
            return []
        return [V2Run(self._connection, one) for one in found if _kind(one) == STEP_TYPE and _is_below(one, run_id)]


def _kind(document: Mapping[str, Any]) -> str | None:
    return document.get("runType") or (document.get("properties") or {}).get(SOURCE)


def _is_below(document: Mapping[str, Any], run_id: str) -> bool:
    return document.get("parentRunId") in (None, run_id)
