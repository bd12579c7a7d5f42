"""The verb that makes a service of a model: tries it out, and writes the file that says how it is served."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.padding import Padding

from config.exit_codes import ExitCode
from pipelines.cli.options import AsJson, Target
from pipelines.cli.printing import answer_console, print_facts, print_json, print_rows, program, side_console
from pipelines.cli.verbs.checking import DataFolder, ModelFolder, print_conclusion, print_findings, print_inspection

if TYPE_CHECKING:
    from rich.console import Console

    from config.settings import Settings
    from steps.registration.contract.exploration.results import Exploration, Try

Name = Annotated[
    str | None, typer.Option(metavar="NAME", help="What the service is called.", show_default="the model's folder")
]
Labels = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The classes' names, one a line in the model's order.", exists=True, dir_okay=False
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the service's file if there is one.")]
MOST_ROWS = 10
ASKED = {"tensors": "ROW.json", "text": "TEXT.txt"}
"""A file to ask about where there are no samples, by the kind of input; of all others an image."""


def init(
    model: ModelFolder,
    validation_data: DataFolder = None,
    name: Name = None,
    labels: Labels = None,
    overwrite: Overwrite = False,
    target: Target = None,
    as_json: AsJson = False,
) -> None:
    """Write the file of a new service, by what `check` finds and what answers the samples. Exit code 3: as of check."""
    from pipelines.scaffold.naming import service_name
    from pipelines.scaffold.writing import paths_of
    from steps.registration.contract.exploration.exploration import explore_apart
    from steps.registration.labels import read_names

    if not model.exists():
        from pipelines.foresight.choice import check_model

        check_model(model)
    service = service_name(name or os.environ.get("AMLGPU_SERVICE"), model)
    file, labels_file = paths_of(service, overwrite=overwrite)
    names = read_names(labels, "--labels") if labels else ()
    side_console().print(f"Looking at {escape(str(model))}, and trying it (up to some minutes)", soft_wrap=True)
    found = explore_apart(model, names, validation_data)
    best = found.best
    if found.inspection.contract is None or best is None:
        _refuse(found, model, as_json)
    else:
        settings = _write(found, best, service, str(model), (file, labels_file), target)
        commands = _next(found, best, settings, model, validation_data)
        if as_json:
            print_json(_as_json(found, best, settings, (file, labels_file), commands), answer_console())
        else:
            _print(found, best, settings, model, (file, labels_file), commands)


def _refuse(found: "Exploration", model: Path, as_json: bool) -> None:
    from pipelines.scaffold.notes import as_found

    console = answer_console()
    inspection = as_found(found, found.best) if found.best else found.inspection
    if as_json:
        head = {"model": str(model), "service": None, "can_be_served": False}
        print_json(head | inspection.model_dump(mode="json"), console)
    else:
        print_inspection(inspection, model, found.best.input.signature if found.best else "serving_default", console)
        if any("task.labels" in f"{obstacle.where} {obstacle.what}" for obstacle in found.inspection.obstacles):
            console.print("\nHere, that file is given with --labels FILE.")
        console.print("\nNothing was written.")
    raise typer.Exit(ExitCode.MODEL)


def _write(
    found: "Exploration", best: "Try", service: str, model: str, files: tuple[Path, Path], target: str | None
) -> "Settings":
    from pipelines.scaffold.entries import entries
    from pipelines.scaffold.service_file import service_file
    from pipelines.scaffold.writing import schema_of, write

    file, labels_file = files
    labels = f"services/{labels_file.name}" if best.labels else None
    text = service_file(service, model, list(entries(found, best, labels)), schema=schema_of(file))
    names = {labels_file: "".join(f"{name}\n" for name in best.labels)} if best.labels else {}
    return write(service, names | {file: text}, target)


def _next(
    found: "Exploration", best: "Try", settings: "Settings", model: Path, validation_data: Path | None
) -> dict[str, str]:
    """The two commands to type, quoted; words in capitals stand for what isn't known."""
    sample = ASKED.get(best.contract.input.kind, "IMAGE.jpg")
    if validation_data and found.sample:
        sample = shlex.quote(str(validation_data / found.sample))
    data = shlex.quote(str(validation_data)) if validation_data else "DIR"
    model_option = f"--model {shlex.quote(str(model))}"
    return {
        "ask it": f"{program()} predict {settings.options} {model_option} {sample}",
        "release it": f"{program()} run {settings.options} {model_option} --validation-data {data}",
    }


def _as_json(
    found: "Exploration", best: "Try", settings: "Settings", files: tuple[Path, Path], commands: dict[str, str]
) -> dict[str, Any]:
    from pipelines.scaffold.notes import as_found, notes, still_to_say

    return {
        "service": settings.service_file,
        "files": [str(file) for file in (files if best.labels else files[:1])],
        "can_be_served": True,
        **as_found(found, best).model_dump(mode="json"),
        "tries": [one.model_dump(mode="json", exclude={"contract"}) for one in found.tries],
        "still_to_say": still_to_say(found, best),
        "notes": list(notes(found, best)),
        "next": list(commands.values()),
    }


def _print(
    found: "Exploration",
    best: "Try",
    settings: "Settings",
    model: Path,
    files: tuple[Path, Path],
    commands: dict[str, str],
) -> None:
    from pipelines.scaffold.notes import as_found, notes, still_to_say

    console = answer_console()
    console.print(f"[bold]{escape(str(model))}[/]", soft_wrap=True)
    print_findings(as_found(found, best), best.input.signature, console)
    _print_tries(found, best, console)
    for note in notes(found, best):
        console.print(f"\n[yellow]Note:[/] {escape(note)}")
    if not found.undecided:
        print_conclusion(found.inspection, model, console)
    console.print("\n[bold green]Written[/]")
    for file in files if best.labels else files[:1]:
        console.print(f"  {escape(os.path.relpath(file))}", soft_wrap=True)
    if missing := still_to_say(found, best):
        console.print("[bold yellow]Still to say there[/], where a comment says how")
        console.print(Padding(escape(", ".join(missing)), (0, 0, 0, 2)))
        if not found.samples:
            console.print("  With --validation-data DIR (and --overwrite) it is found out.")
    console.print()
    print_facts(commands, console)


def _print_tries(found: "Exploration", best: "Try", console: "Console") -> None:
    from pipelines.scaffold.entries import result_of, text_of
    from steps.registration.contract.exploration.results import differing_keys

    if best.measured is None:
        return
    console.print(f"\n[bold]Tried on {best.measured.samples} of {found.samples} validation samples[/]")
    keys = differing_keys(found.tries)
    rows = [
        {key: text_of(one.said.get(key)) for key in keys}
        | {"measured": f"{one.measured.metric} {result_of(one)}" if one.measured else "-"}
        | {"": "written" if one is best else "as good" if one.as_good else ""}
        for one in found.tries[:MOST_ROWS]
    ]
    print_rows(rows, console)
