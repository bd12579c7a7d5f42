"""The verb that trains the sample model."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from config.errors import ConfigError
from pipelines.cli.options import AsJson
from pipelines.cli.printing import answer_console, print_json, side_console

# A build with oneDNN announces it whatever the log level, unless it is off.
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "2", "TF_ENABLE_ONEDNN_OPTS": "0"}

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Where to write it.")]


def sample(folder: Folder = Path("sample"), as_json: AsJson = False) -> None:
    """Train the sample model and write it with labelled images."""
    train(folder)
    if as_json:
        print_json({"model": f"{folder}/model", "validation_data": f"{folder}/validation"}, answer_console())
    else:
        answer_console().print(f"{folder}/model and {folder}/validation are written.", markup=False, soft_wrap=True)


def train(folder: Path) -> None:
    """Write the sample into ``folder``, which takes a while. ConfigError where no such folder can be, at once."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: the sample can't be written there: {error.strerror}") from None
    side_console().print(f"Training the sample model into {folder}/ (under a minute)")
    with quiet_tensorflow():
        from pipelines.sample_model import write_sample
    write_sample(folder)


@contextmanager
def quiet_tensorflow() -> Iterator[None]:
    """TensorFlow imported in here doesn't greet; it reads these then only, and processes started later are as ever."""
    added = QUIET.keys() - os.environ.keys()
    os.environ.update({name: QUIET[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
