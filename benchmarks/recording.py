"""Where a benchmark writes: figures that are checked in change only where `--record` asks for it.

Else who tries one, on a machine that does other work, takes its figures along with the next commit.
"""

import argparse
from pathlib import Path

from benchmarks.serving import CACHE, ROOT

RECORDED = ROOT / "benchmarks" / "results"
"""What the pages show."""


def add_record(parser: argparse.ArgumentParser) -> None:
    """The option by which `results_folder` decides."""
    parser.add_argument("--record", action="store_true", help="replace the figures in benchmarks/results")


def results_folder(*, record: bool) -> Path:
    """The folder for files of results, which git ignores unless they are to be recorded."""
    folder = RECORDED if record else CACHE / "results"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
