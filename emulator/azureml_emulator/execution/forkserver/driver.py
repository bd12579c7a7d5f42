"""Run a step's script as `__main__` and send the metrics that it logged, as Azure ML's own driver does.

Usage: python driver.py SCRIPT [ARGUMENT …]. Runs inside the step's environment: nothing of the emulator is imported.
"""

import runpy
import sys
from pathlib import Path


def main() -> None:
    sys.argv = sys.argv[1:]
    sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        flush_metrics()


def flush_metrics() -> None:
    core = sys.modules.get("azureml.core.run")
    # Where the SDK is preloaded, that it is there doesn't mean that the script uses it: then no run is known to it.
    if core is None or not getattr(core._SubmittedRun, "_SubmittedRun__instances", True):
        return
    try:
        core.Run.get_context().flush()
    except Exception as error:  # noqa: BLE001 - the script's own outcome must win
        print(f"metrics could not be sent: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
