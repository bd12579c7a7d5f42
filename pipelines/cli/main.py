"""The command `amlgpu`."""

import sys
from collections.abc import Callable
from importlib.metadata import version as version_of
from typing import Annotated

import typer

from pipelines.cli.failures import as_known_error
from pipelines.cli.help import NAMES, Verb, Verbs
from pipelines.cli.options import with_choices
from pipelines.cli.printing import print_error
from pipelines.cli.summary import of_error, tell
from pipelines.cli.verbs import (
    changes,
    checking,
    computes,
    diagnosing,
    keys,
    monitoring,
    predicting,
    promoting,
    release,
    scaffolding,
    training,
    triggers,
    upkeep,
)

app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": NAMES},
)
VERBS: dict[str, tuple[Callable[..., None], ...]] = {
    "Your model": (checking.check, scaffolding.init, predicting.predict),
    "Releases": (
        changes.plan,
        release.run,
        release.submit,
        release.follow,
        release.cancel,
        changes.rollback,
        triggers.publish,
        promoting.promote,
    ),
    "The live service": (upkeep.status, upkeep.query, keys.key, changes.logs, monitoring.drift),
    "The workspace": (diagnosing.doctor, computes.provision, computes.teardown),
}
for title, verbs in VERBS.items():
    for verb in verbs:
        app.command(cls=Verb, rich_help_panel=title)(with_choices(verb))
app.add_typer(triggers.schedule, name="schedule", rich_help_panel="Releases")
app.command(cls=Verb, rich_help_panel="This machine")(training.sample)
app.command(context_settings=upkeep.PASS_ON, rich_help_panel="This machine")(upkeep.local)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"amlgpu {version_of('aml-gpu-pipeline')}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")]


@app.callback()
def amlgpu(version: Version = False) -> None:
    """Release a TensorFlow SavedModel as a GPU web service on Azure ML, or on this machine."""


def main() -> None:
    """Entry point of the console command: no error leaves it as a traceback."""
    try:
        app(prog_name="amlgpu")
    except Exception as error:  # noqa: BLE001 (the last resort: whatever it is, it gets a message)
        known = as_known_error(error)
        print_error(known)
        tell(of_error(known))
        sys.exit(known.exit_code)
