"""Mini batches of the inputs: paths of files, or rows of a table. None holds items of two inputs."""

import atexit
import functools
import operator
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parallel_run_driver.arguments import Arguments

_FOLDER = "AZUREML_DATAREFERENCE_"


@dataclass(frozen=True)
class MiniBatch:
    items: Any
    """What run() gets: a list of paths, or a DataFrame."""
    source: str = ""
    """Name of the dataset, where it is one of its partitions."""
    partition: dict[str, Any] = field(default_factory=dict)
    """Value of each of the partition_keys."""

    def __len__(self) -> int:
        return len(self.items)


def mini_batches(arguments: Arguments) -> list[MiniBatch]:
    """All of them, in the order of the inputs. What the SDK raises for an input that it can't read is let through."""
    found: list[MiniBatch] = []
    for kind, name in arguments.inputs:
        if arguments.partition_keys and kind != "path":
            found += _of_partitions(name, arguments.partition_keys)
        elif kind == "table":
            found += map(MiniBatch, _of_table(name, arguments.mini_batch_size))
        else:
            path = Path(os.environ.get(_FOLDER + name, name) if kind == "files" else name)
            found += map(MiniBatch, _of_files(path, arguments.mini_batch_size))
    return found


def input_dataset(name: str) -> Any:
    from azureml.core import Run  # takes a second, which files don't need

    return Run.get_context(allow_offline=False).input_datasets[name]


def part_of(dataset: Any, partition: Mapping[str, Any]) -> Any:
    """The dataset with no more than what has these values of its partition keys."""
    return dataset.filter(functools.reduce(operator.and_, (dataset[key] == value for key, value in partition.items())))


def _of_files(path: Path, size: int) -> Iterator[list[str]]:
    if path.is_file():
        files = [str(path)]
    else:
        files = sorted(str(Path(folder, name)) for folder, _, names in os.walk(path) for name in names)
    for start in range(0, len(files), size):
        yield files[start : start + size]


def _of_table(name: str, size: int) -> Iterator[Any]:
    """Of about so many bytes as text each, at least one row. The index of each begins anew, as on Azure."""
    table = input_dataset(name).to_pandas_dataframe()
    if not len(table):
        return
    row = max(1, len(table.to_csv(index=False, header=False)) // len(table))
    rows = max(1, size // row)
    for start in range(0, len(table), rows):
        yield table.iloc[start : start + rows].reset_index(drop=True)


def _of_partitions(name: str, keys: Sequence[str]) -> Iterator[MiniBatch]:
    """One for each combination of values; files are brought to a folder that goes with the process."""
    dataset, folder = input_dataset(name), Path(tempfile.mkdtemp(prefix="partitions-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for number, partition in enumerate(dataset.get_partition_key_values(list(keys))):
        part = part_of(dataset, partition)
        if hasattr(part, "to_pandas_dataframe"):
            items = part.to_pandas_dataframe()
        else:
            items = part.download(str(folder / str(number)), overwrite=True)
        yield MiniBatch(items, name, dict(partition))
