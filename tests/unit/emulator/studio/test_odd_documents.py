"""Documents hold what clients wrote: whatever its shape, every page shows the rest."""

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing

import httpx
import pytest
from starlette.applications import Starlette

from azureml_emulator.azure.arm.resources import resource
from azureml_emulator.azure.assets.models.registry import create_model
from azureml_emulator.azure.pipelines.runs.engine import Engine
from azureml_emulator.azure.pipelines.schedules.scheduler import Scheduler
from azureml_emulator.azure.runs.history.runs import create_run
from azureml_emulator.azure.runs.metrics.values import append
from azureml_emulator.azure.services.host import ServiceHost
from azureml_emulator.execution.executor import Executor
from azureml_emulator.server.app import build_app
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio.access.session import ticket
from azureml_emulator.wire import Document
from tests.unit.emulator.studio.conftest import Submit
from tests.unit.emulator.studio.test_lists import SERVICE

ODD: tuple[object, ...] = (None, 10**400, "\ud800<", ["x"], [{}], {"x": {"y": None}})
TIME = "2026-11-24T07:04:33.0000000+00:00"
OWN = {
    *("Id", "id", "runId", "GraphId", "version", "name", "createdTime", "metricId"),  # the emulator's, or checked by it
    *("columns", "data"),
    *("StatusCode", "RunId", "StartTime", "EndTime", "EntityStatus", "CreatedDate", "state", "models", "scoringUri"),
}
RUNS = ("", "/runs", "/runs/step", "/runs/alone", "/runs/whole")
PIPELINES = ("/pipelines", "/pipelines/p", "/endpoints/e")
PAGES = {
    "run": (*RUNS, "/schedules"),
    "metrics of alone": RUNS,
    "values of alone/m": RUNS,
    "module": RUNS,
    "graph": (*RUNS, *PIPELINES),
    "pipeline run": (*RUNS, *PIPELINES, "/schedules"),
    "pipeline": (*PIPELINES, "/runs/whole", "/schedules"),
    "pipeline endpoint": (*PIPELINES, "/schedules"),
    "schedule": ("/schedules",),
    "model": ("", "/models"),
    "service": ("", "/services", "/models"),
}
"""Where documents of each kind are shown."""


@pytest.fixture
def app(workspace: LocalWorkspace, submit: Submit) -> Starlette:
    """A workspace with one of everything, in which nothing runs."""
    store, run = workspace.store, submit(["train", "deploy"], [("train", "deploy")], {"n": "1"})
    pipeline: Document = {"Id": "p", "Name": "nightly", "Version": "1", "Description": "d", "GraphId": run["GraphId"]}
    pipeline |= {"EntityStatus": "Active", "CreatedDate": TIME, "ParameterAssignments": {"n": "5"}}
    endpoint: Document = {"Id": "e", "Name": "release", "Description": "d", "EntityStatus": "Active"}
    endpoint |= {"DefaultVersion": "0", "PipelineVersionList": [{"Version": "0", "PipelineId": "p"}]}
    schedule: Document = {"Id": "s", "Name": "n", "EntityStatus": "Active", "PipelineId": "p", "_next": TIME}
    schedule |= {"PipelineSubmissionInfo": {"ExperimentName": "tests"}, "Recurrence": {"Frequency": "Day"}}
    step = {"tags": {"a": "b"}, "error": {"error": {"message": "no"}}, "target": "gpu", "displayName": "deploy"}
    step |= {"startTimeUtc": TIME, "endTimeUtc": TIME, "runDefinition": {"script": "a.py", "arguments": ["--n", 1]}}
    create_run(store, "tests", "step", parentRunId=run["Id"], **step)
    create_run(store, "tests", "alone", **step)
    create_model(store, {"name": "digits", "kvTags": {"a": "b"}, "properties": {"c": "d"}, "runId": "step"})
    values = [{"metricId": identifier, "data": {"m": 1.5}} for identifier in "12"]
    append(store, "alone", {"name": "m", "columns": {"m": "Double"}, "value": values})
    store.put("pipeline run", run["Id"], run | {"PipelineId": "p", "ScheduleId": "s"})
    store.put("pipeline", "p", pipeline)
    store.put("pipeline endpoint", "e", endpoint)
    store.put("schedule", "s", schedule)
    store.put("service", "digits", SERVICE | {"kvTags": {"a": "b"}, "error": {"message": "no", "details": []}})
    engine = Engine(workspace, Executor(workspace))
    return build_app(workspace, engine, Scheduler(workspace, engine), ServiceHost(workspace))


class Browser:
    """Signed in; the pages that it finds broken."""

    def __init__(self, app: Starlette, workspace: LocalWorkspace) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=workspace.address.http)
        self._workspace = workspace

    async def sign_in(self) -> None:
        answer = await self._client.get(f"/studio/open?ticket={ticket(self._workspace.tokens)}")
        assert answer.status_code == 303

    async def broken(self, pages: Iterable[str]) -> list[str]:
        run, *_ = self._workspace.store.all("pipeline run")
        paths = [path.replace("whole", run["Id"]) for path in pages]
        return [path for path in paths if (await self._client.get(f"/studio{path}")).status_code != 200]

    async def text(self, path: str) -> str:
        return (await self._client.get(f"/studio{path}")).text


def odd_ones(document: Document) -> Iterator[tuple[str, Document]]:
    """The document with each of its parts in other shapes in turn."""
    for key, value in document.items():
        if key in OWN or key.startswith("_"):
            continue
        for odd in ODD:
            yield f"{key}={str(odd)[:20]!r}", document | {key: odd}
        parts = value if isinstance(value, list) else [value]
        for part in parts[:1]:
            for name, changed in odd_ones(part) if isinstance(part, dict) else ():
                yield f"{key}.{name}", document | {key: [changed] if isinstance(value, list) else changed}


@pytest.mark.parametrize("kind", PAGES)
def test_no_page_breaks(kind: str, app: Starlette, workspace: LocalWorkspace) -> None:
    async def look() -> list[tuple[str, list[str]]]:
        browser, store = Browser(app, workspace), workspace.store
        await browser.sign_in()
        assert await browser.broken(PAGES[kind]) == []
        found = []
        key = newest(workspace, kind)
        for name, odd in odd_ones(store.get(kind, key)):
            store.put(kind, key, odd)
            found += [(name, broken)] if (broken := await browser.broken(PAGES[kind])) else []
        return found

    assert asyncio.run(look()) == []


def test_no_specification_breaks_the_page_of_its_component(app: Starlette, workspace: LocalWorkspace) -> None:
    """Of a component's specification little more than the type is checked when it is registered."""
    ports: Document = {"n": {"type": "string", "default": "1", "optional": True, "description": "d"}}
    whole: Document = {"type": "pipeline", "description": "d", "display_name": "say", "command": "echo", "code": "c"}
    whole |= {"environment": "azureml:e:1", "inputs": ports, "outputs": ports, "jobs": {"a": {"component": "c"}}}

    async def look() -> list[str]:
        browser = Browser(app, workspace)
        await browser.sign_in()
        found = []
        for name, odd in [("", whole), *odd_ones(whole)]:
            document = resource(workspace, "components/say/versions/1", {"componentSpec": odd, "tags": {"a": "b"}})
            workspace.store.put("components resource", "say:1", document)
            found += [name] if await browser.broken(("/components", "/components/say")) else []
        return found

    assert asyncio.run(look()) == []


def newest(workspace: LocalWorkspace, kind: str) -> str:
    """Key of the newest document of a kind."""
    with closing(sqlite3.connect(workspace.folder / "workspace.db")) as database:
        ((key,),) = database.execute("SELECT key FROM documents WHERE kind = ? ORDER BY position DESC LIMIT 1", (kind,))
        return str(key)


def test_a_page_that_fails_says_so_and_where_to_look(
    app: Starlette, workspace: LocalWorkspace, capfd: pytest.CaptureFixture[str]
) -> None:
    async def look() -> str:
        browser = Browser(app, workspace)
        await browser.sign_in()
        workspace.store.put("service", "digits", {"name": "digits"})
        return await browser.text("/services")

    html = asyncio.run(look())
    assert "this page cannot be shown (KeyError(" in html
    assert "emulator.log" in html
    assert "Traceback" in capfd.readouterr().err
