"""
Sends the metrics that a Python program has logged through the SDK before it ends.

Scripts are run by the driver, which does it. A program that a command starts is run by nothing of ours: Python imports
this module when it starts, because its folder is on PYTHONPATH, and then the sitecustomize that it would have found.
"""

import concurrent.futures.thread  # noqa: F401 - the SDK's; what is registered after it is called before it
import importlib
import runpy
import sys
import threading
from contextlib import suppress
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent
_DRIVER = _FOLDER.parent / "forkserver" / "driver.py"


def _flush() -> None:
    if "azureml.core.run" in sys.modules:
        runpy.run_path(str(_DRIVER))["flush_metrics"]()


def _import_hidden() -> None:
    """The sitecustomize of the environment, if it has one."""
    own = sys.modules.pop(__name__)
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != _FOLDER]
    with suppress(ModuleNotFoundError):
        importlib.import_module("sitecustomize")
    sys.modules.setdefault(__name__, own)


# `atexit` would be too late: by then the SDK's threads have been ended, and it starts no others.
if register := getattr(threading, "_register_atexit", None):
    register(_flush)
if __name__ == "sitecustomize":
    _import_hidden()
