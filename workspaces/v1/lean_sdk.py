"""Imports azureml.core without what nothing here asks of it, which is a third of the import's time.

It ends by importing what installed packages have entered as kinds of runs: AutoML and HyperDrive among them, which
azureml-pipeline-steps brings along. Without those two, a run of such a kind is a plain one. And for each client that it
makes, it counts which of 999 status codes are in a list of 500: in a set that takes no time.
"""

import importlib.metadata
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import EntryPoint, EntryPoints, PackageNotFoundError, distribution
from types import ModuleType
from typing import Any

KINDS_OF_RUNS = ("azureml-core", "azureml-pipeline-core")
"""The distributions whose entry points it gets."""


def _entry_points(**wanted: Any) -> EntryPoints:
    return EntryPoints(one for name in KINDS_OF_RUNS for one in _of(name)).select(**wanted)


def _of(name: str) -> Iterable[EntryPoint]:
    with suppress(PackageNotFoundError):  # the steps' environment has no azureml-pipeline
        yield from distribution(name).entry_points


@contextmanager
def _fewer_entry_points() -> Iterator[None]:
    library: Any = importlib.metadata
    found = library.entry_points
    library.entry_points = _entry_points
    try:
        yield
    finally:
        library.entry_points = found


@contextmanager
def without_automl() -> Iterator[None]:
    """For the first import of azureml.pipeline.steps: its step of AutoML takes longer than all others together."""
    name = "azureml.pipeline.steps.automl_step"
    if name in sys.modules:
        yield
        return
    stub: Any = ModuleType(name)
    stub.AutoMLStep = stub.AutoMLStepRun = None
    sys.modules[name] = stub
    try:
        yield
    finally:
        del sys.modules[name]


warnings.filterwarnings("ignore", "pkg_resources is deprecated")  # the SDK's data library imports it
if "azureml.core" not in sys.modules:
    with _fewer_entry_points():
        import azureml.core  # noqa: F401
from msrest.universal_http import requests as _msrest  # noqa: E402  # azureml.core imports it

_policy: Any = _msrest.ClientRetryPolicy
_policy.safe_codes = frozenset(_policy.safe_codes)
