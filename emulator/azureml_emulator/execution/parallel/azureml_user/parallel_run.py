"""What an entry script asks of the process that runs it.

After learn.microsoft.com/azure/machine-learning/how-to-debug-parallel-run-step: a logger, whose lines are found below
logs/user, and the folder of the step's output.
"""

import logging
import os
from pathlib import Path

from parallel_run_driver.arguments import Arguments


class EntryScript:
    """One for all that ask, in init() and in run()."""

    _one: "EntryScript | None" = None
    logger: logging.Logger
    output_dir: str

    def __new__(cls) -> "EntryScript":
        if cls._one is None:
            cls._one = super().__new__(cls)
            cls._one._fill(Arguments.of_this_process())
        return cls._one

    def _fill(self, arguments: Arguments) -> None:
        self.output_dir = arguments.output or ""
        self.logger = logging.getLogger("azureml_user.parallel_run")
        self.logger.setLevel(arguments.logging_level)
        folder = Path("logs/user").absolute()
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(folder / f"process{os.environ['AML_PARALLEL_PROCESS']}.log.txt")
        handler.setFormatter(logging.Formatter("%(asctime)s|%(levelname)s|%(message)s"))
        self.logger.addHandler(handler)
