"""An earlier commit of this project, with a command of its own that uses the packages of this environment."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".venv-loop"
COMMAND = """#!{python}
import sys
from amlgpu import main
sys.exit(main())
"""
SERVER = """#!{python}
import sys
from azureml_inference_server_http.amlserver import run
sys.exit(run())
"""


@dataclass(frozen=True)
class Checkout:
    """A commit's files, and the Python that imports from them."""

    name: str
    python: Path

    @property
    def command(self) -> Path:
        """Its `amlgpu`."""
        return self.python.with_name("amlgpu")


def this_checkout() -> Checkout:
    return Checkout("here", Path(sys.executable))


def checkout(commit: str) -> Checkout:
    """The commit's files in the cache, cloned on the first call. CalledProcessError where there is no such commit."""
    name = _git("-C", str(ROOT), "rev-parse", "--short", f"{commit}^{{commit}}").strip()
    folder = CACHE / name
    environment = folder / ".venv"
    if not (environment / "complete").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _git("clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(folder))
        _git("-C", str(folder), "checkout", "--quiet", "--detach", name)
        _make_environment(environment, folder)
    return Checkout(name, environment / "bin" / "python")


def _git(*words: str) -> str:
    command = ["git", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _make_environment(environment: Path, folder: Path) -> None:
    """Its own distributions are the commit's, all others this environment's: a path alone runs no .pth file there."""
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    site = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    paths = (folder, folder / "emulator", Path(sysconfig.get_path("purelib")))
    (Path(site) / "commit.pth").write_text("".join(f"{path}\n" for path in paths))
    for name, script in (("amlgpu", COMMAND), ("azmlinfsrv", SERVER)):
        file = environment / "bin" / name
        file.write_text(script.format(python=python))
        file.chmod(0o755)
    subprocess.run([str(python), "-m", "compileall", "-q", str(folder)], check=True, stdout=subprocess.DEVNULL)
    (environment / "complete").touch()
