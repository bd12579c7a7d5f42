"""The verb that answers without a release: a service's settings, a model, files."""

from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.errors import AmlGpuError, LocalWorkspaceError
from pipelines.cli.options import AsJson, Overrides, Target, settings_of
from pipelines.cli.printing import answer_console, print_json, print_rows
from pipelines.cli.target import open_target
from pipelines.cli.verbs.release import ModelChoice
from pipelines.cli.verbs.upkeep import _row
from pipelines.parameters import registered_choice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.settings import Settings
    from pipelines.prediction.prediction import Told
    from workspaces.workspace import Workspace

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE", help="Images; JSON (.json), a request or one row; texts (.txt); a line, FILE.jsonl:LINE."
    ),
]


def predict(
    files: Files,
    model: ModelChoice = None,
    target: Target = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Answer as the service would, without a release, on this machine's CPU. Without --model: by the latest version."""
    settings = settings_of(target, overrides)
    from pipelines.prediction.prediction import predict_by_folder, predict_by_version

    console = answer_console()
    if model is not None and Path(model).is_dir():
        told = predict_by_folder(settings, Path(model), files)
    else:
        choice = registered_choice(model or "latest")
        with _workspace(settings) as workspace:
            told = predict_by_version(workspace, settings, choice, files)
    if as_json:
        print_json([asdict(one) for one in told], console)
    else:
        _print(told)
    if refused := _refused(told):
        raise AmlGpuError(refused)


@contextmanager
def _workspace(settings: "Settings") -> "Iterator[Workspace]":
    try:
        with open_target(settings) as workspace:
            yield workspace
    except LocalWorkspaceError as error:
        raise LocalWorkspaceError(f"{error}, or say which model with --model DIR") from None


def _print(told: "Told") -> None:
    from pipelines.live.query import Answer

    answers = [one for one in told if isinstance(one, Answer)]
    if answers:
        print_rows([_row(answer) for answer in answers], answer_console())


def _refused(told: "Told") -> str:
    """A line for each file that there is no answer about."""
    from pipelines.prediction.prediction import Unanswered

    refused = [f"{one.file}: {one.error}" for one in told if isinstance(one, Unanswered)]
    count = f"{len(refused)} of {len(told)} files weren't answered:\n  " if refused and len(told) > 1 else ""
    return count + "\n  ".join(refused)
