"""
One process of a ParallelRunStep: it calls init() of the entry script, then run() for each mini batch that it is given.

    python driver.py amlbi_worker.py DESCRIPTOR ARGUMENT …        DESCRIPTOR: the socket of a multiprocessing.Connection

It answers (rows, error): once when init() is through, then for each mini batch.
"""

import functools
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

from parallel_run_driver.arguments import Arguments
from parallel_run_driver.batches import MiniBatch, input_dataset, part_of


def main() -> None:
    channel: Connection[Any, Any] = Connection(int(sys.argv.pop(1)))
    os.set_inheritable(channel.fileno(), False)
    arguments = Arguments.of_this_process()
    os.environ["AZUREML_BI_OUTPUT_PATH"] = arguments.output or ""
    sys.argv[0] = arguments.scoring_module_name
    try:
        entry = _load(Path(arguments.scoring_module_name).absolute())
        entry.init()
    except Exception as error:  # noqa: BLE001 - the driver tells it
        channel.send(([], _told(error)))
        sys.exit(1)
    channel.send(([], ""))
    _serve(channel, entry)
    if shutdown := getattr(entry, "shutdown", None):
        shutdown()


def _serve(channel: "Connection[Any, Any]", entry: ModuleType) -> None:
    run = entry.run if _takes_context(entry.run) else lambda items, _context: entry.run(items)
    while True:
        try:
            batch = channel.recv()
        except EOFError:
            return
        try:
            answer = (_rows(run(batch.items, Context(batch))), "")
        except Exception as error:  # noqa: BLE001 - the mini batch has failed, and no other
            answer = ([], _told(error))
        channel.send(answer)


class Context:
    """`mini_batch_context`, which run() gets where it takes two arguments."""

    def __init__(self, batch: MiniBatch) -> None:
        self.partition_key_value = batch.partition
        self._source = batch.source

    @functools.cached_property
    def dataset(self) -> Any:
        """The part of the input that the mini batch is."""
        return part_of(input_dataset(self._source), self.partition_key_value) if self._source else None


def _takes_context(run: Callable[..., Any]) -> bool:
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return len([one for one in inspect.signature(run).parameters.values() if one.kind in places]) > 1


def _load(file: Path) -> ModuleType:
    """Under its own name, with its folder and the snapshot's first on the path."""
    sys.path[:0] = list(dict.fromkeys([str(file.parent), str(Path.cwd())]))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python script")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


def _rows(result: Any) -> list[str]:
    """A DataFrame's by spaces, without a header, as the samples read them; else a row for each element."""
    if hasattr(result, "to_csv"):
        return str(result.to_csv(sep=" ", header=False, index=False, lineterminator="\n")).splitlines()
    if isinstance(result, (str, bytes, dict)) or not hasattr(result, "__iter__"):
        raise TypeError(f"run() must return a DataFrame or a list, not {type(result).__name__}")
    return [str(element) for element in result]


def _told(error: Exception) -> str:
    """Without the frames of this file and of the import system, which come first."""
    trace = error.__traceback__
    while trace and (trace.tb_frame.f_code.co_filename == __file__ or "importlib" in trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace)).rstrip()


main()
