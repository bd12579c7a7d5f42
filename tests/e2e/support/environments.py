"""Virtual environments: a newcomer's, with the local workspace alone; a checkout's; this one with its hosts noted."""

import atexit
import re
import shutil
import site
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import Distribution, distribution, distributions, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[3]
_SCRIPT = "#!{python}\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n"


def install(folder: Path, extra: str = "sdk-v1", python: str = sys.executable) -> Path:
    """By pip, from the package index, into an environment of that Python: minutes. Returns the folder of its commands.

    With the versions of the lock, though that is resolved for the Pythons of SDK v1.
    """
    return _install(folder / "venv", folder, python, [f"{_sources(folder)}[{extra}]", "pytest"])


def install_checkout(checkout: Path, python: str, requirements: Sequence[str]) -> Path:
    """The same into the checkout's own .venv, where requirements are relative to the checkout."""
    return _install(checkout / ".venv", checkout, python, requirements)


def _install(environment: Path, folder: Path, python: str, requirements: Sequence[str]) -> Path:
    subprocess.run([python, "-m", "venv", environment], check=True, timeout=120)
    constraints = environment / "constraints.txt"
    constraints.write_text("\n".join(_locked().values()))
    _pip(environment / "bin" / "python", "install", "-c", str(constraints), *requirements, folder=folder)
    return environment / "bin"


def _locked() -> dict[str, str]:
    """Name and version of each package of the lock; the later one where it has two."""
    lines = (ROOT / "requirements-lock.txt").read_text(encoding="utf-8").splitlines()
    return {line.partition("==")[0]: line.split()[0] for line in lines if re.match(r"[\w.-]+==", line)}


def link(folder: Path, extra: str = "sdk-v1") -> Path:
    """The same set, as its metadata declare it, linked file by file from the environment of this test: seconds."""
    venv.create(folder / "venv", with_pip=False)
    commands = folder / "venv" / "bin"
    python = commands / "python"
    wheels = folder / "wheels"
    _pip(Path(sys.executable), "wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), str(_sources(folder)))
    _pip(python, "install", "--no-deps", "--no-index", *map(str, wheels.iterdir()))
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (own,) = distributions(path=[str(site)])
    found: dict[str, Distribution] = {}
    _collect(own.requires or [], {extra}, found)
    _collect(["pytest"], set(), found)
    shared = {name for name, owners in packages_distributions().items() if len(set(owners)) > 1}
    for one in found.values():
        _link(one, site, shared)
        _write_scripts(one, python)
    return commands


def link_checkout(folder: Path, checkout: Path, extras: set[str]) -> Path:
    """What `make setup` makes of a checkout of this project: of other packages those that the extras need, no more."""
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    own = distribution("aml-gpu-pipeline")
    found: dict[str, Distribution] = {}
    _collect(own.requires or [], extras, found)
    shared = {name for name, owners in packages_distributions().items() if len(set(owners)) > 1}
    for one in found.values():
        _link(one, packages, shared)
    metadata = next(file.parent for file in own.files or [] if file.name == "METADATA")
    (packages / metadata).symlink_to(str(own.locate_file(metadata)))
    (packages / "checkout.pth").write_text(f"{checkout}\n")
    _write_scripts(own, folder / "bin" / "python")
    return folder


@cache
def audited() -> Path:
    """The commands of an environment that holds all of this one, whose processes all run tests/loopback/hosts.py."""
    folder = Path(tempfile.mkdtemp(prefix="amlgpu-audited-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    here = "".join(f"site.addsitedir({path!r}); " for path in site.getsitepackages())
    hook = str(ROOT / "tests" / "loopback" / "hosts.py")
    (packages / "audited.pth").write_text(f"import runpy, site; {here}runpy.run_path({hook!r})\n")
    for one in distributions():
        _write_scripts(one, folder / "bin" / "python")
    return folder / "bin"


def _sources(folder: Path) -> Path:
    """A copy, because building leaves files behind."""
    copy = folder / "emulator"
    shutil.copytree(ROOT / "emulator", copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
    return copy


def _pip(python: Path, command: str, *arguments: str, folder: Path = ROOT) -> None:
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, command, *arguments], cwd=folder, check=True, timeout=900)


def _collect(requirements: Iterable[str], extras: set[str], found: dict[str, Distribution]) -> None:
    """What pip would install for them, given what is installed here."""
    for requirement in map(Requirement, requirements):
        marker, key = requirement.marker, f"{requirement.name.lower()}{sorted(requirement.extras)}"
        if key in found or not (marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""})):
            continue
        found[key] = distribution(requirement.name)
        _collect(found[key].requires or [], requirement.extras, found)


def _link(one: Distribution, site: Path, shared: set[str]) -> None:
    """Whole folders, save those that several distributions have files in."""
    files = [file for file in one.files or [] if ".." not in file.parts]
    for name in {str(file) if file.parts[0] in shared else file.parts[0] for file in files}:
        source, target = Path(str(one.locate_file(name))), site / name
        if source.exists() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source)


def _write_scripts(one: Distribution, python: Path) -> None:
    """Commands anew: those that are installed here would start this test's own Python."""
    for entry in one.entry_points:
        if entry.group == "console_scripts":
            script = python.with_name(entry.name)
            script.write_text(_SCRIPT.format(python=python, module=entry.module, function=entry.attr))
            script.chmod(0o755)
