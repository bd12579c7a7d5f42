"""The verb that answers without a release: a service's settings, a model, files."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.errors import LocalWorkspaceError
from pipelines.cli.answers import print_told
from pipelines.cli.options import AsJson, Overrides, Target, settings_of
from pipelines.cli.target import open_target
from pipelines.cli.verbs.release import ModelChoice
from pipelines.parameters import registered_choice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.settings import Settings
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
    settings = settings_of(target, overrides, to_look=True)
    from pipelines.prediction.prediction import predict_by_folder, predict_by_version

    if model is not None and Path(model).is_dir():
        told = predict_by_folder(settings, Path(model), files)
    else:
        choice = registered_choice(model or "latest")
        with _workspace(settings) as workspace:
            told = predict_by_version(workspace, settings, choice, files)
    print_told(told, as_json=as_json)


@contextmanager
def _workspace(settings: "Settings") -> "Iterator[Workspace]":
    try:
        with open_target(settings) as workspace:
            yield workspace
    except LocalWorkspaceError as error:
        raise LocalWorkspaceError(f"{error}, or say which model with --model DIR") from None
