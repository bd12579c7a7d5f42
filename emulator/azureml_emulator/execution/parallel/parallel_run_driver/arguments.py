"""What the SDK hands to the driver (azureml/pipeline/core/_parallel_run_step_base.py, _generate_main_file_args)."""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_UNITS = {"": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}
_SIZE = re.compile(r"(\d+)([kmg]b)?", re.IGNORECASE)
_INPUT = re.compile(r"--input(_fds_|_ds_|)(\d+)")
_KINDS = {"_fds_": "files", "_ds_": "table", "": "path"}


@dataclass(frozen=True)
class Arguments:
    scoring_module_name: str
    """The entry script, relative to the snapshot's folder."""
    mini_batch_size: int
    """Files, or bytes of a table."""
    error_threshold: int
    """Items that may fail; -1 for any number."""
    output_action: str
    logging_level: str
    run_invocation_timeout: float
    """Seconds for one call of run()."""
    run_max_try: int
    allowed_failed_count: int
    """Mini batches that may fail; -1 for any number."""
    allowed_failed_percent: float
    append_row_file_name: str
    output: str | None
    processes: int
    partition_keys: tuple[str, ...]
    """Instead of a size: a mini batch for each combination of their values."""
    inputs: tuple[tuple[str, str], ...]
    """Of each its kind (files and table: the name of a dataset; path: a folder or file) and its name or path."""

    @classmethod
    def of_this_process(cls) -> "Arguments":
        return cls.parse(sys.argv[1:])

    @classmethod
    def parse(cls, given: Sequence[str]) -> "Arguments":
        """Those of the entry script are among them, and are its own. Raises SystemExit, which names what is wrong."""
        parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
        parser.add_argument("--scoring_module_name", required=True)
        parser.add_argument("--mini_batch_size", type=_size, default=10)
        parser.add_argument("--error_threshold", type=int, default=-1)
        parser.add_argument("--output_action", type=str.lower, choices=("append_row", "summary_only"), required=True)
        parser.add_argument("--logging_level", type=str.upper, default="INFO")
        parser.add_argument("--run_invocation_timeout", type=float, default=60)
        parser.add_argument("--run_max_try", type=int, default=3)
        parser.add_argument("--allowed_failed_count", type=int, default=-1)
        parser.add_argument("--allowed_failed_percent", type=float, default=100)
        parser.add_argument("--append_row_file_name", default="parallel_run_step.txt")
        parser.add_argument("--output")
        parser.add_argument("--process_count_per_node", dest="processes", type=int, default=1)
        parser.add_argument("--partition_keys", type=_keys, default=())
        known = vars(parser.parse_known_args(list(given))[0])
        return cls(**known, inputs=_inputs(given))


def _inputs(given: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for name, value in pairwise(given):
        if match := _INPUT.fullmatch(name):
            found.append((_KINDS[match[1]], value))
    return tuple(found)


def _keys(text: str) -> tuple[str, ...]:
    return tuple(map(str, json.loads(text)))


def _size(text: str) -> int:
    """Of 10, 1024KB, 10MB, 1GB."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or int(match[1]) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no mini batch size: such as 10, 1024KB, 10MB or 1GB")
    return int(match[1]) * _UNITS[(match[2] or "").lower()]
