"""
Whether a script that is forked from the template behaves as one that a fresh interpreter runs.

What an import took from its surroundings can't be taken back: the variables that it read, and the modules that it found
on the path. Both are recorded while the template imports; a script for which either would have come out differently is
run by a fresh interpreter. So are scripts with variables that count when an interpreter or a native library starts.
"""

import importlib
import os
import site
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from azureml_emulator.execution.forkserver.driver import import_folders

_AT_START = (
    *("PYTHON", "LD_", "LANG", "LC_", "TZ", "HOME", "MALLOC_", "GLIBC_", "GCONV_", "OPENSSL_", "RUST_"),
    *("OMP_", "KMP_", "MKL_", "GOMP_", "OPENBLAS_", "COVERAGE_", "COV_CORE_"),
)
"""Prefixes of variables that the interpreter, what .pth files run, or native libraries read when they are loaded."""
_IN_ITS_OWN_WAY = ("PYTHONPATH", "AZUREML_RUN_ID")
"""The template sets the path itself; the SDK's data library keeps the id of the run, see `template.py`."""
_CUSTOMIZATION = frozenset({"sitecustomize", "usercustomize"})
_MODULE_SUFFIXES = (".py", ".pyc", ".so")
Stamp = tuple[int, int]


class Baseline:
    """The template's modules, and all that their import depended on."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._environment = dict(os.environ)
        # Copies the whole environment when it is imported, and nothing of it counts here: before the recording.
        importlib.import_module("wsgiref.handlers")
        with _recorded_reads() as self._read, _recorded_misses() as self._missed:
            for module in modules:
                importlib.import_module(module)
        self._names = {name.partition(".")[0] for name in (*sys.modules, *self._missed)} | _CUSTOMIZATION
        self._stamps = _stamps()

    def is_stale(self) -> bool:
        """Packages were installed, removed or edited since."""
        return any(_stamp(file) != stamp for file, stamp in self._stamps.items())

    def path_of(self, request: Mapping[str, Any]) -> list[str] | None:
        """`sys.path` of a script after its first entry; None where it has to be run by a fresh interpreter."""
        environment: dict[str, str] = request["environment"]
        folder, inherited = Path(request["folder"]), _entries(self._environment)
        own = _entries(environment)
        if inherited:
            if own[-len(inherited) :] != inherited or not all(Path(entry).is_absolute() for entry in inherited):
                return None
            own = own[: -len(inherited)]
        own = [os.path.normpath(folder / entry) for entry in own]
        script = Path(folder / request["arguments"][0]).resolve()
        firsts = map(Path, [*import_folders(script, folder.resolve()), *own, *request["imports"]])
        if self._differing(environment) or any(map(self._shadows, firsts)):
            return None
        return list(dict.fromkeys([*own, *sys.path]))

    def _differing(self, environment: Mapping[str, str]) -> list[str]:
        changed = [
            name
            for name in environment.keys() | self._environment.keys()
            if environment.get(name) != self._environment.get(name) and name not in _IN_ITS_OWN_WAY
        ]
        return [name for name in changed if name in self._read or name.startswith(_AT_START)]

    def _shadows(self, folder: Path) -> bool:
        """Whether the folder has a module of a name that an import of the template found elsewhere, or sought."""
        if not folder.is_dir():
            return folder.exists()  # a zip file: not looked into
        with os.scandir(folder) as entries:
            return any(
                entry.name.partition(".")[0] in self._names
                for entry in entries
                if entry.name.endswith(_MODULE_SUFFIXES) or entry.is_dir()
            )


@contextmanager
def _recorded_reads() -> Iterator[set[str]]:
    """The names of the variables that are read meanwhile, those that aren't set included."""
    names: set[str] = set()
    kind = type(os.environ)
    original = kind.__getitem__

    def recording(environment: "os._Environ[str]", name: str) -> str:
        names.add(name)
        return original(environment, name)

    kind.__getitem__ = recording  # type: ignore[method-assign]
    try:
        yield names
    finally:
        kind.__getitem__ = original  # type: ignore[method-assign]


@contextmanager
def _recorded_misses() -> Iterator[set[str]]:
    """The names of the modules that are looked for in vain meanwhile."""

    class Last:
        @staticmethod
        def find_spec(name: str, _path: object = None, _target: ModuleType | None = None) -> ModuleSpec | None:
            names.add(name)
            return None

    names: set[str] = set()
    sys.meta_path.append(Last)
    try:
        yield names
    finally:
        sys.meta_path.remove(Last)


def _entries(environment: Mapping[str, str]) -> list[str]:
    value = environment.get("PYTHONPATH")
    return value.split(os.pathsep) if value else []


def _stamps() -> dict[str, Stamp | None]:
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    folders = [*site.getsitepackages(), site.getusersitepackages()]
    return {file: _stamp(file) for file in (*files, *folders) if isinstance(file, str)}


def _stamp(file: str) -> Stamp | None:
    try:
        found = Path(file).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
