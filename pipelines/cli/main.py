"""The command `amlgpu`."""

import sys
from collections.abc import Callable

import typer

from pipelines.cli.failures import as_known_error
from pipelines.cli.options import with_choices
from pipelines.cli.printing import print_error
from pipelines.cli.verbs import changes, checking, keys, monitoring, release, training, triggers, upkeep

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Release a TensorFlow SavedModel as a GPU web service on Azure ML, or on this machine.",
)
VERBS: tuple[Callable[..., None], ...] = (
    checking.check,
    changes.plan,
    release.run,
    release.submit,
    release.follow,
    release.cancel,
    changes.rollback,
    triggers.publish,
    upkeep.provision,
    upkeep.status,
    upkeep.query,
    keys.key,
    changes.logs,
    monitoring.drift,
    upkeep.teardown,
    training.sample,
)
for verb in VERBS:
    app.command()(with_choices(verb))
app.add_typer(triggers.schedule, name="schedule")
app.command(context_settings=upkeep.PASS_ON)(upkeep.local)


def main() -> None:
    """Entry point of the console command: no error leaves it as a traceback."""
    try:
        app(prog_name="amlgpu")
    except Exception as error:  # noqa: BLE001 (the last resort: whatever it is, it gets a message)
        known = as_known_error(error)
        print_error(known)
        sys.exit(known.exit_code)
