"""The verb that looks at a model before anything is uploaded, and needs no workspace."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.padding import Padding

from config.errors import ConfigError
from config.exit_codes import ExitCode
from pipelines.cli.options import AsJson, Overrides, Target, all_settings_of, folder_of_samples, settings_of
from pipelines.cli.printing import answer_console, print_json, print_rows, side_console

if TYPE_CHECKING:
    from rich.console import Console

    from config.settings import Settings
    from scoring.contract import Contract
    from steps.registration.contract.findings import Inspection, Signature, Wishes

ModelFolder = Annotated[Path, typer.Option("--model", metavar="DIR", help="Folder of a SavedModel.")]
DataFolder = Annotated[
    Path | None,
    typer.Option(
        "--validation-data",
        metavar="DIR",
        help="Folder of labelled samples.",
        exists=True,
        callback=folder_of_samples,
    ),
]
INPUTS = {"jpeg": "encoded images", "image": "images", "tensors": "tensors", "text": "texts"}
INDENT = (0, 0, 0, 2)


def check(
    model: ModelFolder,
    validation_data: DataFolder = None,
    target: Target = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Say what a SavedModel takes and answers, and whether it can be served; offline. Exit code 3: it can't."""
    settings = _settings(target, overrides)
    wishes, labels = _wishes(settings)
    from steps.registration.contract.inspection import inspect

    found = inspect(model, wishes, labels, validation_data)
    refusals = _refusals(found, settings, validation_data)
    service = settings.service.name if settings else None
    console = answer_console()
    if as_json:
        head = {"model": str(model), "service": service, "can_be_served": found.contract is not None}
        print_json(head | found.model_dump(mode="json") | {"run_is_refused_for": refusals}, console)
    else:
        console.print(
            f"[bold]{escape(str(model))}[/]{f', by the settings of {service}' if service else ''}", soft_wrap=True
        )
        print_inspection(found, model, wishes.input.signature, console)
        for refusal in refusals:
            console.print(f"\n[yellow]Note:[/] `amlgpu run` would refuse it: {escape(refusal)}")
    if found.contract is None:
        raise typer.Exit(ExitCode.MODEL)


def _settings(target: str | None, overrides: list[str] | None) -> "Settings | None":
    """None where no service's file is there to go by, or several are, and none was asked for."""
    try:
        found = [settings_of(target, overrides)] if overrides else all_settings_of(target, overrides)
    except ConfigError as error:
        if target or overrides or any(os.environ.get(name) for name in ("AMLGPU_SERVICE", "AMLGPU_CONFIG")):
            raise
        side_console().print(f"No settings are read, what the model tells must do: {escape(str(error))}")
        return None
    if len(found) > 1:
        side_console().print("No service is chosen (--service), what the model tells must do.")
        return None
    return found[0]


def _refusals(found: "Inspection", settings: "Settings | None", validation_data: Path | None) -> list[str]:
    """What else would keep a run from starting, as far as it can be told without a workspace."""
    if settings is None or found.contract is None:
        return []
    from pipelines.foresight.choice import Choice
    from pipelines.foresight.obstacles import Proposal, of_compilation, of_samples, of_thresholds

    choice, proposal = Choice(None, "", found.contract), Proposal(validation_data)
    obstacles = (
        *of_compilation(choice, settings),
        *of_samples(choice, proposal, settings),
        *of_thresholds(choice, proposal, settings),
    )
    return [str(obstacle) for obstacle in obstacles]


def _wishes(settings: "Settings | None") -> "tuple[Wishes, tuple[str, ...]]":
    """What the settings say of the model, and the names of its classes."""
    from steps.registration.contract.findings import Said
    from steps.registration.labels import read_label_names

    return (settings, read_label_names(settings.task)) if settings else (Said(), ())


def print_inspection(found: "Inspection", model: Path, key: str, console: "Console") -> None:
    """What was found out, and whether it can be served; ``key`` is the signature that is asked for."""
    print_findings(found, key, console)
    print_conclusion(found, model, console)


def print_findings(found: "Inspection", key: str, console: "Console") -> None:
    signature = next((signature for signature in found.signatures if signature.key == key), None)
    if signature:
        _print_signature(signature, len(found.signatures), console)
    if found.facts:
        console.print("\n[bold]What it is, and how that is known[/]")
        print_rows([{"": fact.about, "is": fact.value, "because": fact.how} for fact in found.facts], console)
    if found.probe:
        console.print(f"\nIt answered {found.probe.sample} in {found.probe.seconds:.2f} seconds.")
    for warning in found.warnings:
        console.print(f"\n[yellow]Note:[/] {escape(warning)}")


def print_conclusion(found: "Inspection", model: Path, console: "Console") -> None:
    if found.contract is not None:
        words = _in_words(found.contract, found.classes)
        console.print(f"\n[bold green]{escape(str(model))} can be served[/]: {words}.", soft_wrap=True)
        return
    count = "one reason" if len(found.obstacles) == 1 else f"{len(found.obstacles)} reasons"
    console.print(f"\n[bold red]{escape(found.refused(model))}[/], for {count}:", soft_wrap=True)
    for obstacle in found.obstacles:
        console.print("" if found.of_data else f"\n[bold]{escape(obstacle.where)}[/]", soft_wrap=True)
        console.print(Padding(escape(obstacle.what), INDENT))
        console.print(Padding(f"[green]Mend:[/] {escape(obstacle.mend)}", INDENT))


def _print_signature(signature: "Signature", count: int, console: "Console") -> None:
    others = f", one of {count}" if count > 1 else ""
    console.print(f"[bold]Signature[/] {escape(signature.key)}{others}")
    rows = [
        {"": kind, "name": tensor.name, "type": tensor.dtype, "shape": list(tensor.shape)}
        for kind, tensors in (("input", signature.inputs), ("output", signature.outputs))
        for tensor in tensors
    ]
    if rows:
        print_rows(rows, console)


def _in_words(contract: "Contract", classes: int | None) -> str:
    """As in: classification (3 classes) of images."""
    from steps.registration.identity import UNITS

    task = contract.task
    count = f" ({classes} {UNITS.get(task.kind, 'classes')})" if classes and classes > 1 else ""
    kind = "its outputs as they are," if task.kind == "tensors" else task.kind
    return f"{kind}{count} of {INPUTS[contract.input.kind]}"
