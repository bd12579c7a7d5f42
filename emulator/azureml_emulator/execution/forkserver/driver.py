"""Run a step's script as `__main__` and send the metrics that it logged, as Azure ML's own driver does.

Usage: python driver.py SCRIPT [ARGUMENT …]. Runs inside the step's environment: nothing of the emulator is imported.
"""

import runpy
import sys
from pathlib import Path
from types import TracebackType

_OURS = str(Path(__file__).parent)
_RUNPY = ("<frozen runpy>", runpy.__file__)


def main() -> None:
    sys.argv = sys.argv[1:]
    sys.path[:1] = import_folders(Path(sys.argv[0]).resolve(), Path.cwd())
    sys.excepthook = _begin_with_users_frames
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        flush_metrics()


def import_folders(script: Path, root: Path) -> list[str]:
    """The script's own folder, and the snapshot's, which Azure's driver adds, too (its ProjectPythonPath)."""
    folders = [script.parent, *([root] if root in script.parents else [])]
    return list(dict.fromkeys(map(str, folders)))


def _begin_with_users_frames(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show an error as if there were no driver."""
    while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    sys.__excepthook__(kind, error.with_traceback(trace), trace)


def _is_ours(file: str) -> bool:
    return file in _RUNPY or str(Path(file).parent) == _OURS


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
