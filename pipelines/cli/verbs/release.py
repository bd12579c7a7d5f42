"""Verbs that start a release, watch one, or stop it."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.errors import AmlGpuError, ConfigError
from config.exit_codes import ExitCode
from pipelines.cli.failures import lost_local_workspace
from pipelines.cli.options import AsJson, Overrides, Target, folder_of_samples, place_of, settings_of
from pipelines.cli.printing import answer_console, print_facts, print_json, program, say_unknown_commit, side_console
from pipelines.cli.summary import of_run, tell
from pipelines.cli.target import open_target
from pipelines.parameters import read_assignments

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from config.settings import Settings
    from pipelines.outcome.report import Report
    from workspaces.workspace import Workspace

POLL_SECONDS = 5.0
LOCAL_POLL_SECONDS = 0.3

ModelChoice = Annotated[
    str | None, typer.Option(metavar="MODEL", help="SavedModel folder, registered version number, or `latest`.")
]
DataFolder = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder with labelled samples.", exists=True, callback=folder_of_samples),
]
RunId = Annotated[str, typer.Argument(metavar="RUN_ID", help="Id of a run, as `amlgpu run` and studio show it.")]
Reason = Annotated[str | None, typer.Option(metavar="REASON", help="Deploy without BLESSED; kept on the record.")]
Count = Annotated[int | None, typer.Option(metavar="N", min=0, help="Labelled samples to score; 0 takes all.")]
Assignments = Annotated[
    list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="Pipeline parameter; may be given again.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="List the checks that passed, too.")]
Wait = Annotated[bool, typer.Option("--wait", help="Follow the run to its end.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Only start it; amlgpu follow shows how it ends.")]


@dataclass(frozen=True)
class Shown:
    """How the end of a run is told."""

    console: "Console"
    as_json: bool
    verbose: bool


def run(  # noqa: PLR0913, PLR0917 - one parameter an option
    target: Target = None,
    model: ModelChoice = None,
    validation_data: DataFolder = None,
    sample_count: Count = None,
    force: Reason = None,
    no_wait: NoWait = False,
    verbose: Verbose = False,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Register, validate, deploy and smoke-test a model. Without --model: the latest version."""
    settings = settings_of(target, overrides)
    _check_reason(force)
    local = settings.workspace.local
    console = answer_console()
    say_unknown_commit()
    inspected = _inspect_ahead(model, settings, validation_data)
    with open_target(settings, start=local) as workspace:
        from pipelines.cli.uploading import upload_bars
        from pipelines.infrastructure.provision import provision
        from pipelines.triggers.run import Request, submit_run

        if local:
            provision(workspace, settings)
        inspected()
        request = Request(model, validation_data, sample_count, force)
        with upload_bars(console, shown=not as_json) as progress:
            submitted = submit_run(workspace, settings, request, progress)
        shown = Shown(console, as_json, verbose)
        (_print_started if no_wait else _see_through)(workspace, submitted, settings, shown)


def _inspect_ahead(model: str | None, settings: "Settings", validation_data: Path | None) -> "Callable[[], None]":
    """Look at a SavedModel while the workspace is reached, which takes as long; what is returned waits for the end."""
    if model is None or not (Path(model) / "saved_model.pb").is_file():
        return lambda: None
    from pipelines.foresight.inspections import inspect_ahead

    return inspect_ahead(Path(model), settings, validation_data)


def _check_reason(force: str | None) -> None:
    """ConfigError for what the step, hours later perhaps, would take for no reason, or for an option."""
    if force is not None and (not force.strip() or force.startswith("-")):
        raise ConfigError(f"--force {force!r}: give a reason in words, which doesn't begin with -")


def submit(
    target: Target = None,
    param: Assignments = None,
    wait: Wait = False,
    verbose: Verbose = False,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Start the published pipeline, with other parameters if given."""
    settings = settings_of(target, overrides)
    assignments = read_assignments(param or [], settings)
    console = answer_console()
    with open_target(settings) as workspace:
        from pipelines.triggers.submit import submit_published

        submitted = submit_published(workspace, settings, assignments)
        shown = Shown(console, as_json, verbose)
        (_see_through if wait else _print_started)(workspace, submitted, settings, shown)


def follow(
    run_id: RunId,
    target: Target = None,
    verbose: Verbose = False,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Watch a run to its end; the exit code says how it ended."""
    settings = settings_of(target, overrides, to_look=True)
    console = answer_console()
    with open_target(settings) as workspace:
        workspace.runs.status(run_id)  # of what isn't a run, nothing else is to be said
        _see_through(workspace, run_id, settings, Shown(console, as_json, verbose))


def cancel(run_id: RunId, target: Target = None, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Stop a run."""
    console = answer_console()
    with open_target(place_of(target, overrides)) as workspace:
        from workspaces.jobs.runs import ENDED

        state = workspace.runs.status(run_id)
        if state not in ENDED:
            workspace.runs.cancel(run_id)
            state = "being stopped"
    if as_json:
        print_json({"run_id": run_id, "status": state}, console)
    else:
        console.print(f"{run_id}: {state}")


def _print_started(workspace: "Workspace", run_id: str, settings: "Settings", shown: Shown) -> None:
    if shown.as_json:
        print_json({"run_id": run_id}, shown.console)
    else:
        print_facts({"run": run_id, "watch it": _again("follow", run_id, settings)}, shown.console)


def _see_through(workspace: "Workspace", run_id: str, settings: "Settings", shown: Shown) -> None:
    """Follow the run, print what came of it, and end with the exit code for that."""
    from pipelines.cli.panel import print_closing
    from pipelines.cli.progress import follow as follow_run
    from pipelines.outcome.report import fetch_meanwhile, fetch_report
    from pipelines.outcome.run_state import watch

    progress = side_console() if shown.as_json else shown.console
    fetched: set[str] = set()
    try:
        progress.print(f"run {run_id} in {settings.workspace.name}")
        pause = LOCAL_POLL_SECONDS if settings.workspace.local else POLL_SECONDS
        states = fetch_meanwhile(workspace, watch(workspace, run_id, pause), fetched)
        state = follow_run(states, progress)
    except BaseException as stop:
        interrupted = isinstance(stop, KeyboardInterrupt)
        if interrupted or not lost_local_workspace(stop):
            watching, end = _again("follow", run_id, settings), _again("cancel", run_id, settings)
            # Not wrapped, so that the commands can be copied.
            progress.print(f"The run goes on. Watch it again: {watching}", soft_wrap=True)
            progress.print(f"Stop it: {end}", soft_wrap=True)
            tell([f"The run {run_id} goes on; it isn't watched any more."])
        if interrupted:
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        raise
    report = fetch_report(workspace, state, fetched)
    tell(of_run(report, settings.target))
    if shown.as_json:
        print_json(report.as_json(), shown.console)
    else:
        print_closing(report, settings, shown.console, shown.verbose, _image_to_ask(workspace, report))
        if report.release and report.is_of(settings.service.name):
            _print_calling(workspace, settings, shown.console)
    error = report.error()
    if error is not None:
        raise error


def _image_to_ask(workspace: "Workspace", report: "Report") -> str:
    """The file that the lines for calling the service send too, so that what is printed works as it is."""
    from pipelines.live.calling import PICTURE
    from pipelines.live.how_to_call import example_image

    if report.release and report.candidate and report.deployment:
        with suppress(AmlGpuError):  # the release is told of, whatever becomes of its example
            return example_image(workspace, report.candidate, report.deployment, report.folder)
    return PICTURE


def _print_calling(workspace: "Workspace", settings: "Settings", console: "Console") -> None:
    from pipelines.cli.snippets import print_calling
    from pipelines.live.how_to_call import how_to_call
    from pipelines.live.status import live_service

    if how := how_to_call(workspace, settings, live_service(workspace, settings), program()):
        print_calling(how.as_json(), console)


def _again(verb: str, run_id: str, settings: "Settings") -> str:
    return f"{program()} {verb} {run_id} {settings.options}"
