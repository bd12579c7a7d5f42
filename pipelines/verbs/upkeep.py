"""Verbs about what stands in a workspace: make it, look at it, use it, remove it."""

import os
import subprocess
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.local import command
from pipelines.options import AsJson, Overrides, Target, settings_of
from pipelines.printing import answer_console, print_facts, print_json, print_rows, side_console
from pipelines.target import open_target

if TYPE_CHECKING:
    from pipelines.query import Answer

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

Images = Annotated[list[Path], typer.Argument(help="JPEG files.", exists=True, dir_okay=False)]
Folder = Annotated[Path, typer.Argument(help="Where to write it.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")]


class LocalVerb(str, Enum):
    """What can be done with the local workspace."""

    up = "up"
    down = "down"
    status = "status"
    studio = "studio"
    env = "env"
    clock = "clock"
    fault = "fault"
    reset = "reset"


def provision(target: Target = None, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Create the compute for the steps, and attach or create the GPU cluster for the service."""
    settings = settings_of(target, overrides)
    console = answer_console()
    with open_target(settings, start=settings.target == "local") as workspace:
        from pipelines.provision import provision as provision_computes

        done = provision_computes(workspace, settings)
    if as_json:
        print_json(done, console)
    else:
        print_facts(done, console)


def status(target: Target = None, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Show what is live."""
    settings = settings_of(target, overrides)
    console = answer_console()
    with open_target(settings) as workspace:
        from pipelines.status import status as read_status

        live = read_status(workspace, settings)
    if as_json:
        print_json(live, console)
        return
    for kind, facts in live.items():
        console.print(f"[bold]{kind}[/]" if facts else f"[bold]{kind}[/] none")
        print_facts(facts or {}, console)


def query(images: Images, target: Target = None, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Ask the live service about images."""
    settings = settings_of(target, overrides)
    console = answer_console()
    with open_target(settings) as workspace:
        from pipelines.query import query as ask

        answers = ask(workspace, settings, images)
    if as_json:
        print_json([asdict(answer) for answer in answers], console)
    else:
        print_rows([_row(answer) for answer in answers], console)


def _row(answer: "Answer") -> dict[str, object]:
    scored = {"class": answer.body["class"], "probability": f"{answer.body['probability']:.4f}"}
    return {"file": answer.file, **scored, "model": answer.model, "device": answer.device}


def teardown(
    target: Target = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Remove service, schedule, endpoint and computes, and say what still bills."""
    settings = settings_of(target, overrides)
    console = answer_console()
    with open_target(settings) as workspace:
        from pipelines.teardown import plan_teardown, still_bills

        plan = plan_teardown(workspace, settings)
        rows = [{"kind": step.kind, "name": step.name, "action": step.action} for step in plan]
        if as_json:
            print_json({"removals": rows, "still_bills": still_bills(settings)}, console)
        elif rows:
            print_rows(rows, console)
        else:
            console.print("Nothing is there to remove.")
        if dry_run or not plan:
            return
        if not yes:
            typer.confirm(f"Remove these from {settings.workspace.name}?", abort=True, err=True)
        progress = side_console()
        for step in plan:
            step.remove()
            progress.print(f"{step.kind} {step.name}: done")
        for item in still_bills(settings):
            progress.print(f"Still bills: {item}")


def sample(folder: Folder = Path("sample")) -> None:
    """Train the sample model and write it with labelled images."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it when imported
    from pipelines.sample import write_sample

    write_sample(folder)
    answer_console().print(f"{folder}/model and {folder}/validation are written.")


def local(context: typer.Context, verb: LocalVerb) -> None:
    """Start, stop or look at the local workspace, or move its clock; options go on to it."""
    ended = subprocess.run(command(verb.value, context.args), check=False)
    raise typer.Exit(ended.returncode)
