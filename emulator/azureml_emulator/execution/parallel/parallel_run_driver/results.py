"""What the mini batches gave: rows for the output, and failures that are counted against what may fail."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from parallel_run_driver.arguments import Arguments
from parallel_run_driver.batches import MiniBatch
from parallel_run_driver.pool import Outcome


class Results:
    """Writes rows as they come; the output's folder is there from the start, also where nothing is appended."""

    def __init__(self, arguments: Arguments, batches: Sequence[MiniBatch]) -> None:
        self._arguments, self._batches = arguments, batches
        self._files = ExitStack()
        self._appended: TextIO | None = None
        self.failed_items = 0
        self.failed_batches = 0

    def __enter__(self) -> "Results":
        if self._arguments.output:
            folder = Path(self._arguments.output)
            folder.mkdir(parents=True, exist_ok=True)
            if self._arguments.output_action == "append_row":
                self._appended = self._files.enter_context((folder / self._arguments.append_row_file_name).open("w"))
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def take(self, outcome: Outcome) -> str:
        """Why the run ends now; empty where it goes on."""
        items = len(self._batches[outcome.index])
        said = outcome.error or f"{items} items, {len(outcome.rows)} results"
        print(f"[parallel run] mini batch {outcome.index} of {len(self._batches)}: {said}", flush=True)
        self.failed_batches += bool(outcome.error)
        self.failed_items += max(0, items - len(outcome.rows))
        if self._appended:
            self._appended.writelines(f"{row}\n" for row in outcome.rows)
        return self._beyond("error_threshold", self.failed_items, self._arguments.error_threshold, "items") or (
            self._beyond("allowed_failed_count", self.failed_batches, self._arguments.allowed_failed_count, "batches")
        )

    def at_the_end(self) -> str:
        """Why the run has failed although it went through; empty where it hasn't."""
        percent = 100 * self.failed_batches / (len(self._batches) or 1)
        allowed = self._arguments.allowed_failed_percent
        return f"{percent:g} % of the mini batches failed, allowed_failed_percent is {allowed:g}" * (percent > allowed)

    @staticmethod
    def _beyond(name: str, failed: int, allowed: int, what: str) -> str:
        return f"{failed} {what} failed, {name} is {allowed}" * (0 <= allowed < failed)
