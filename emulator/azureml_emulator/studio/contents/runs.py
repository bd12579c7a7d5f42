"""Runs as the pages show them: rows of a list, pipeline runs with their graph, and single runs."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio.contents.jobs import Ports, is_job, node_name, ports_of
from azureml_emulator.studio.contents.links import Fact, facts
from azureml_emulator.studio.contents.moments import shown, took
from azureml_emulator.studio.contents.outputs.files import RunFile, files_of
from azureml_emulator.studio.contents.shapes import mapping, mappings, pairs
from azureml_emulator.studio.contents.status import Status, reason_of, status_of, status_of_run
from azureml_emulator.studio.drawing.graph import Drawing, Pair, draw
from azureml_emulator.wire import Document

_ABOUT = ("model", "service")


@dataclass(frozen=True)
class RunRow:
    id: str
    name: str
    experiment: str
    status: Status
    started: str
    took: str
    about: list[Fact]
    """The model and the service that its tags name."""
    reason: str
    """Why it failed, as its tags say."""


@dataclass(frozen=True)
class StepRow:
    name: str
    run_id: str | None
    """None while the step has not started."""
    status: Status
    started: str
    took: str
    x: int
    y: int
    pages: list[RunFile]
    """That it keeps, as its report."""


@dataclass(frozen=True)
class Run:
    """What every run has, whatever started it."""

    row: RunRow
    parent: str | None
    error: str
    command: str
    is_script: bool
    target: str
    environment: Fact | None
    is_job: bool
    """Of SDK v2: it can be ended, and started again."""
    ports: Ports
    about: list[Fact]
    """What a person looks for first."""
    tags: list[Fact]
    children: list[RunRow]


@dataclass(frozen=True)
class PipelineRun:
    run: Run
    said: str
    """How far it is, in one sentence."""
    parameters: Mapping[str, str]
    pipeline: tuple[str, str] | None
    """Id and name of the published pipeline that it is a run of."""
    steps: list[StepRow]
    drawing: Drawing
    newest_step: StepRow | None


def latest_runs(store: Store, limit: int, experiment: str | None = None) -> list[RunRow]:
    """Runs that no other run started, newest first."""
    runs = store.newest_first("run", experiment or "")
    found = (run for run in runs if not run["parentRunId"] and experiment in (None, run["_experiment"]))
    return [_row(store, run) for run in islice(found, limit)]


def row_of(store: Store, run_id: str) -> RunRow:
    """Raises NotFound."""
    return _row(store, store.get("run", run_id))


def single_run(store: Store, run_id: str) -> Run:
    """Raises NotFound."""
    run = store.get("run", run_id)
    definition = mapping(run["runDefinition"])
    return Run(
        row=_row(store, run),
        parent=str(run["parentRunId"]) if run["parentRunId"] else None,
        error=_error_text(run["error"]),
        command=_command(definition),
        is_script=bool(definition.get("script")),
        target=str(run["target"] or ""),
        environment=_environment(store, definition),
        is_job=is_job(store, run_id),
        ports=ports_of(store, run),
        about=_about(store, run, (*_ABOUT, "verdict")),
        tags=facts(store, run["tags"]),
        children=[_row(store, child) for child in store.all("run", run_id) if child["parentRunId"] == run_id],
    )


def pipeline_run(workspace: LocalWorkspace, run_id: str) -> PipelineRun | None:
    """None for a run that is not one of a pipeline. Raises NotFound."""
    store = workspace.store
    run, document = single_run(store, run_id), store.find("pipeline run", run_id)
    if document is None:
        return None
    graph = mapping(store.get("graph", document["GraphId"])["graph"])
    nodes = {str(node.get("Id")): node for node in mappings(graph.get("ModuleNodes"))}
    drawing = draw([node for node in nodes if node in document["_nodes"]], _edges(graph))
    steps = _steps(workspace, nodes, document["_nodes"], drawing)
    published = store.find("pipeline", str(document["PipelineId"] or ""))
    started = [step for step in reversed(steps) if step.run_id and step.started]
    return PipelineRun(
        run=run,
        said=_said(steps),
        parameters=pairs(document["ParameterAssignments"]),
        pipeline=(published["Id"], str(published["Name"] or published["Id"])) if published else None,
        steps=steps,
        drawing=drawing,
        newest_step=max(started, key=lambda step: step.started, default=None),
    )


def _command(definition: Document) -> str:
    """The script and its arguments, or the command, with the values that it got."""
    arguments, command = definition.get("arguments"), definition.get("command")
    words = [definition.get("script") or "", *(arguments if isinstance(arguments, list) else [])]
    said = shlex.join(str(word) for word in words if word != "")
    return said or (shlex.join(map(str, command)) if isinstance(command, list) else str(command or ""))


def _environment(store: Store, definition: Document) -> Fact | None:
    """None where it is neither registered nor Azure's."""
    environment = mapping(definition.get("environment"))
    name, version = environment.get("name"), environment.get("version")
    if store.find("environment", f"{name}:{version}") is None:
        return None
    return Fact("Environment", f"{name}:{version}", ("environments", str(name)), f"version-{version}")


def _row(store: Store, run: Document) -> RunRow:
    return RunRow(
        id=run["runId"],
        name=str(run["displayName"] or run["name"] or run["runId"]),
        experiment=run["_experiment"],
        status=status_of_run(run),
        started=shown(run["startTimeUtc"]),
        took=took(run["startTimeUtc"], run["endTimeUtc"]),
        about=_about(store, run, _ABOUT),
        reason=reason_of(run),
    )


def _about(store: Store, run: Document, names: tuple[str, ...]) -> list[Fact]:
    return facts(store, {name: value for name, value in pairs(run["tags"]).items() if name in names})


def _edges(graph: Document) -> list[Pair]:
    ends = ("SourceOutputPort", "DestinationInputPort")
    edges = mappings(graph.get("Edges"))
    source, target = ([str(mapping(edge.get(end)).get("NodeId")) for edge in edges] for end in ends)
    return list(zip(source, target, strict=True))


def _steps(workspace: LocalWorkspace, nodes: Document, states: Document, drawing: Drawing) -> list[StepRow]:
    store = workspace.store
    modules = {key: store.find("module", str(node.get("ModuleId"))) or {} for key, node in nodes.items()}
    return [
        StepRow(
            name=str(modules[box.id].get("Name") or node_name(box.id, nodes[box.id])),
            run_id=states[box.id]["RunId"],
            status=_step_status(store, states[box.id]),
            started=shown(states[box.id]["StartTime"]),
            took=took(states[box.id]["StartTime"], states[box.id]["EndTime"]),
            x=box.x,
            y=box.y,
            pages=files_of(workspace, states[box.id]["RunId"]).pages if states[box.id]["RunId"] else [],
        )
        for box in drawing.boxes
    ]


def _step_status(store: Store, state: Document) -> Status:
    """Of the graph, and where the step's run says that it refused something, of that."""
    status, run = status_of(state["StatusCode"]), store.find("run", str(state["RunId"]))
    return status_of_run(run) if run and status.tone == "bad" else status


def _said(steps: list[StepRow]) -> str:
    done = sum(step.status.tone == "good" for step in steps)
    return f"{done} of {len(steps)} step{'s' if len(steps) > 1 else ''} completed"


def _error_text(error: object) -> str:
    """The SDK wraps messages in one or two objects."""
    while isinstance(error, dict):
        error = error.get("error") or error.get("message")
    return str(error or "")
