"""What an environment declares, compared with what an interpreter has."""

import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from azureml_emulator.wire import Document

_STAND_INS = {
    # A package without content that depends on these, beside others that only images need.
    "azureml-defaults": ("azureml-core",),
    "tensorflow": ("tensorflow-cpu", "tensorflow-gpu"),
    "tensorflow-gpu": ("tensorflow", "tensorflow-cpu"),
}
_NO_PACKAGES = ("python", "pip", "setuptools")
_ELSEWHERE = ("-r", "--requirement", "-c", "--constraint", "-e", "--editable")
"""Options by which a line stands for what is in another file or folder."""
_CONTINUED = re.compile(r"\\\n\s*")
_BESIDE = re.compile(r"\s+(?:#|--)")
"""What begins the rest of a line: a comment, or an option of its own such as `--hash`."""
# The SDK adds these to every environment; the index that pip is configured to use has the same.
_PUBLIC_INDEX = "pypi.python.org/simple"


@dataclass(frozen=True)
class Declared:
    name: str
    python: str
    """Such as 3.8.13; empty for any."""
    pip: tuple[str, ...]
    """Lines of a requirements file, each whole: pip lets one go on after a backslash."""
    conda: tuple[str, ...]
    """Such as scikit-learn=1.2."""


def declared(environment: Document | None) -> Declared | None:
    """None where the environment leaves its packages to whoever runs it, or to an image."""
    python = (environment or {}).get("python") or {}
    if environment is None or python.get("userManagedDependencies") or not python.get("condaDependencies"):
        return None
    dependencies = python["condaDependencies"].get("dependencies") or []
    named = [entry for entry in dependencies if isinstance(entry, str)]
    lines = [line for entry in dependencies if not isinstance(entry, str) for line in entry.get("pip") or []]
    versions = [entry.partition("=")[2].lstrip("=") for entry in named if _conda_name(entry) == "python"]
    return Declared(
        name=environment.get("name") or "without a name",
        python=versions[0] if versions else "",
        pip=tuple(line for line in _whole(lines) if _PUBLIC_INDEX not in line),
        conda=tuple(entry for entry in named if _conda_name(entry) not in _NO_PACKAGES),
    )


def _whole(lines: list[str]) -> list[str]:
    """As pip reads what conda writes: an entry a line, which the next one may continue."""
    return _CONTINUED.sub(" ", "\n".join(lines)).splitlines()


def own_python(environment: Document | None) -> str:
    """The interpreter that an environment names by its path; empty where it leaves that to whoever runs it."""
    python = (environment or {}).get("python") or {}
    path = str(python.get("interpreterPath") or "")
    return path if python.get("userManagedDependencies") and Path(path).is_absolute() else ""


def python_mismatch(environment: Declared) -> str:
    """Empty where this interpreter will do: the same minor version."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    wanted = ".".join(environment.python.split(".")[:2])
    return f"Python {environment.python} is declared, {here} is here" if wanted not in ("", here) else ""


def missing_pip(environment: Declared) -> list[str]:
    """A sentence for each requirement that this interpreter doesn't meet."""
    return [problem for line in environment.pip if (problem := _problem(line))]


def missing_conda(environment: Declared) -> list[str]:
    """A sentence for each conda package that isn't here as a Python package of the same name and version."""
    problems = []
    for entry in environment.conda:
        version = _installed(_conda_name(entry))
        wanted = entry.partition("=")[2].strip("=").partition("=")[0]
        if version is None or not version.startswith(wanted):
            problems.append(f"{entry} (a conda package; {version or 'nothing of that name'} is here)")
    return problems


def _problem(line: str) -> str:
    wanted = _BESIDE.split(line, maxsplit=1)[0].strip()
    if not wanted or (wanted.startswith(("-", "#")) and not wanted.startswith(_ELSEWHERE)):
        return ""
    try:
        return _difference(wanted, Requirement(wanted))
    except InvalidRequirement:
        return f"{line} (cannot be compared)"


def _difference(wanted: str, requirement: Requirement) -> str:
    if requirement.marker is not None and not requirement.marker.evaluate():
        return ""
    version = _installed(requirement.name)
    if version is None:
        return f"{wanted} (not installed)"
    is_stand_in = _version(requirement.name) is None and requirement.name == "azureml-defaults"
    if is_stand_in or requirement.specifier.contains(version, prereleases=True):
        return ""
    return f"{wanted} ({version} is here)"


def _installed(name: str) -> str | None:
    candidates = (name, *_STAND_INS.get(name.lower(), ()))
    return next((version for candidate in candidates if (version := _version(candidate))), None)


def _version(name: str) -> str | None:
    folders = [folder for path in sys.path if (folder := Path(path)).is_dir()]
    return _version_then(name, tuple(folder.stat().st_mtime_ns for folder in folders))


@lru_cache(maxsize=4096)
def _version_then(name: str, _changes: tuple[int, ...]) -> str | None:
    """While nothing was installed or removed: an environment may have hundreds of lines, and each replica asks."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _conda_name(entry: str) -> str:
    """Of `scikit-learn=1.2`, `conda-forge::numpy`, `pandas>=1`."""
    name = entry.rpartition("::")[2].strip()
    for sign in "=<>! ":
        name = name.partition(sign)[0]
    return name.lower()
