"""Mini batches of the inputs: paths of files, or rows of a table. None holds items of two inputs."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from parallel_run_driver.arguments import Arguments

Batch = Any
"""What run() gets: a list of paths, or a DataFrame."""
_FOLDER = "AZUREML_DATAREFERENCE_"


def mini_batches(arguments: Arguments) -> list[Batch]:
    """All of them, in the order of the inputs. Raises SystemExit for a table that can't be read."""
    found: list[Batch] = []
    for kind, name in arguments.inputs:
        if kind == "table":
            found += _of_table(name, arguments.mini_batch_size)
        else:
            path = Path(os.environ.get(_FOLDER + name, name) if kind == "files" else name)
            found += _of_files(path, arguments.mini_batch_size)
    return found


def _of_files(path: Path, size: int) -> Iterator[list[str]]:
    if path.is_file():
        files = [str(path)]
    else:
        files = sorted(str(Path(folder, name)) for folder, _, names in os.walk(path) for name in names)
    for start in range(0, len(files), size):
        yield files[start : start + size]


def _of_table(name: str, size: int) -> Iterator[Batch]:
    """Of about so many bytes as text each, at least one row. The index of each begins anew, as on Azure."""
    from azureml.core import Run  # takes a second, which files don't need

    table = Run.get_context(allow_offline=False).input_datasets[name].to_pandas_dataframe()
    if not len(table):
        return
    row = max(1, len(table.to_csv(index=False, header=False)) // len(table))
    rows = max(1, size // row)
    for start in range(0, len(table), rows):
        yield table.iloc[start : start + rows].reset_index(drop=True)
