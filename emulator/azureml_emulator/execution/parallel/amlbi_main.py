"""
The driver of a ParallelRunStep, in the place of Microsoft's, which is not published.

It cuts the inputs into mini batches, has them run by worker processes (`amlbi_worker.py`), tries again what failed or
took too long, and ends with another exit code than 0 where more failed than may fail. Nothing of the emulator is
imported: it runs inside the step's environment.
"""

import os
import sys

from parallel_run_driver.arguments import Arguments
from parallel_run_driver.batches import mini_batches
from parallel_run_driver.pool import InitFailed, Pool
from parallel_run_driver.results import Results

_MOST_PROCESSES = 64


def main() -> None:
    arguments = Arguments.of_this_process()
    batches = mini_batches(arguments)
    nodes = int(os.environ.get("AML_PARALLEL_NODES", "1"))
    processes = min(arguments.processes * nodes, _MOST_PROCESSES)
    where = f" ({nodes} nodes were asked for: all are on this machine)" if nodes > 1 else ""
    print(f"[parallel run] {len(batches)} mini batches, {processes} processes{where}", flush=True)
    with Results(arguments, batches) as results, Pool(arguments, sys.argv[1:], batches, processes) as pool:
        try:
            reasons = (reason for outcome in pool.outcomes() if (reason := results.take(outcome)))
            reason = next(reasons, "") or results.at_the_end()
        except InitFailed as failed:
            reason = f"the entry script {arguments.scoring_module_name} could not be initialized: {failed}"
    if reason:
        sys.exit(f"[parallel run] {reason}")
    print(f"[parallel run] done: {results.failed_items} items failed", flush=True)


main()
