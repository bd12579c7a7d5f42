"""The targets that need no set-up, run for real."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
FILES = ("Makefile", "requirements-lock.txt", "setup.py")
# A python that says of itself to be 3.12, and otherwise runs what it is given.
PYTHON_312 = f"""#!/bin/sh
exec {sys.executable} -c 'import sys; sys.version_info = (3, 12, 0, "final", 0); exec(sys.argv[1])' "$2"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copy(REPOSITORY / name, tmp_path)
    return tmp_path


@pytest.fixture
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PATH with nothing but a shell, make and the user's id, which is root's."""
    folder = tmp_path_factory.mktemp("bin")
    for name in ("make", "sh"):
        (folder / name).symlink_to(shutil.which(name) or name)
    put_command(folder, "id", "#!/bin/sh\necho 0\n")
    return folder


def put_command(folder: Path, name: str, script: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)


def make(checkout: Path, *arguments: str, path: Path | None = None) -> "subprocess.CompletedProcess[str]":
    # As if typed: `make test`, which runs this, would otherwise hand its own level and options on.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    if path:
        environment["PATH"] = str(path)
    return subprocess.run(
        ["make", *arguments],  # noqa: S607
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("python", ["no-such-python", "false"])
def test_other_pythons_are_refused_in_plain_words(checkout: Path, python: str) -> None:
    result = make(checkout, "test", f"PYTHON={python}")
    assert result.returncode != 0
    assert "error: make needs Python 3.10 or 3.11" in result.stderr
    assert f"{python} is not one" in result.stderr
    assert not (checkout / ".venv").exists()


def test_no_python_at_all_is_told(checkout: Path) -> None:
    assert "none was found" in make(checkout, "run", "PYTHON=").stderr


def test_a_machine_with_python_3_12_only_is_told_how_to_get_3_11(checkout: Path, commands: Path) -> None:
    put_command(commands, "python3", PYTHON_312)
    result = make(checkout, "test", path=commands)
    assert result.returncode != 0
    assert "none was found" in result.stderr
    for how in (
        'uv python install 3.11 && make test PYTHON="$(uv python find 3.11)"',
        'pyenv install 3.11 && make test PYTHON="$(pyenv prefix 3.11)/bin/python"',
        "apt-get install python3.11-venv && make test",
        "make test PYTHON=/path/to/python3.11",
        "with SDK v2 alone: docs/sdk-v2.md",
    ):
        assert how in result.stderr
    assert not (checkout / ".venv").exists()


def test_nothing_is_installed_but_locked_wheels_and_the_checkout(checkout: Path) -> None:
    planned = make(checkout, "--dry-run", "setup", "lock", ".venv/.bench", "PYTHON=python3.11").stdout
    installs = [line.partition(" pip install ")[2].split() for line in planned.splitlines() if " pip install " in line]
    assert len(installs) >= 4
    for options in installs:
        if "--editable" in options:
            assert {"--no-deps", "--no-build-isolation"} <= set(options)
        else:
            assert {"--require-hashes", "--only-binary"} <= set(options)


@pytest.mark.parametrize(
    ("variables", "extras"),
    [
        ([], "sdk-v1,sdk-v2,local,dev"),
        (["EXTRAS="], "sdk-v1,sdk-v2"),
        (["SDKS=sdk-v2", "EXTRAS=local"], "sdk-v2,local"),
    ],
)
def test_both_sdks_are_installed_unless_one_is_left_out(checkout: Path, variables: list[str], extras: str) -> None:
    planned = make(checkout, "--dry-run", "setup", f"PYTHON={sys.executable}", *variables).stdout
    assert f'"aml-gpu-pipeline[{extras}]"' in planned


def test_a_new_requirement_or_lock_is_installed(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    for name in ("setup.py", "requirements-lock.txt"):
        (checkout / ".venv" / ".installed").touch()
        assert "pip install" not in make(checkout, "--dry-run", "setup", f"PYTHON={sys.executable}").stdout
        os.utime(checkout / name, (later := time.time() + 10, later))
        assert "pip install" in make(checkout, "--dry-run", "setup", f"PYTHON={sys.executable}").stdout
        os.utime(checkout / name, (0, 0))


@pytest.mark.parametrize("target", ["wrk", "bench", "bench-serving"])
def test_wrk_is_installed_for_the_benchmarks_where_it_may_be(checkout: Path, commands: Path, target: str) -> None:
    put_command(commands, "apt-get", f'#!/bin/sh\necho "$@" >> {checkout}/apt.log\n')
    make(checkout, target, path=commands)
    update, install = (checkout / "apt.log").read_text().splitlines()
    assert update == "update"
    assert install.split()[0] == "install"
    assert install.split()[-1] == "wrk"


def test_wrk_that_is_there_is_left_alone(checkout: Path, commands: Path) -> None:
    put_command(commands, "apt-get", "#!/bin/sh\nexit 1\n")
    put_command(commands, "wrk", "#!/bin/sh\n")
    result = make(checkout, "wrk", path=commands)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("apt-get", "#!/bin/sh\nexit 1\n"),  # no network, say
        ("id", "#!/bin/sh\necho 1000\n"),  # not root
        ("apt-get", None),  # macOS
    ],
)
def test_wrk_that_cannot_be_installed_is_a_warning(
    checkout: Path, commands: Path, name: str, script: str | None
) -> None:
    put_command(commands, "apt-get", "#!/bin/sh\n")
    if script:
        put_command(commands, name, script)
    else:
        (commands / name).unlink()
    result = make(checkout, "wrk", path=commands)
    assert result.returncode == 0
    assert result.stderr.startswith("warning: wrk isn't installed, and can't be from here: the benchmarks")
    assert len(result.stderr.splitlines()) == 1


def test_stop_does_nothing_without_an_installation(checkout: Path) -> None:
    result = make(checkout, "stop")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_clean_leaves_the_sources_alone(checkout: Path) -> None:
    for folder in (".venv/bin", ".amlgpu", "sample", "steps/__pycache__", "x.egg-info", ".mypy_cache"):
        (checkout / folder).mkdir(parents=True)
    assert make(checkout, "clean").returncode == 0
    assert sorted(path.name for path in checkout.iterdir()) == [*FILES, "steps"]
    assert list((checkout / "steps").iterdir()) == []


def test_an_installation_newer_than_setup_py_is_kept(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / ".installed").touch()
    assert make(checkout, "setup", f"PYTHON={sys.executable}").returncode == 0
    assert sorted(path.name for path in (checkout / ".venv").iterdir()) == [".compiled", ".installed"]
