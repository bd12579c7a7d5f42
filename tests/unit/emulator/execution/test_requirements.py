"""What environments declare, as the SDK sends it, against what this interpreter has."""

import platform
from importlib import metadata

import pytest

from azureml_emulator.execution.interpreters.requirements import (
    Declared,
    declared,
    missing_conda,
    missing_pip,
    python_mismatch,
)
from azureml_emulator.wire import Document

HERE = metadata.version("requests")


def environment(*pip: str, conda: tuple[str, ...] = (), python: str = "") -> Declared:
    return Declared("e", python, pip, conda)


def test_as_the_sdk_sends_it() -> None:
    """With the addresses that it adds itself."""
    from azureml.core import Environment
    from azureml.core.conda_dependencies import CondaDependencies

    made = Environment("train")
    made.python.conda_dependencies = CondaDependencies.create(
        python_version="3.8.13", pip_packages=["pandas==1.0"], conda_packages=["scikit-learn=1.2", "pip"]
    )
    found = declared(Environment._serialize_to_dict(made))
    assert found == Declared("train", "3.8.13", ("pandas==1.0",), ("scikit-learn=1.2",))
    made.python.user_managed_dependencies = True
    assert declared(Environment._serialize_to_dict(made)) is None


@pytest.mark.parametrize("definition", [None, {}, {"python": None}, {"python": {"condaDependencies": None}}])
def test_nothing_declared(definition: Document | None) -> None:
    assert declared(definition) is None


HASHES = " ".join(f"--hash=sha256:{letter * 64}" for letter in "ab")


def test_lines_that_go_on_are_read_as_pip_reads_them() -> None:
    """In one entry or several, as uv and pip-tools write them."""
    lines = [
        f"requests=={HERE} \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb",
        "nothing-like-it==1 \\",
        "--hash=sha256:cc",
    ]
    document = {"name": "e", "python": {"condaDependencies": {"dependencies": [{"pip": ["--require-hashes", *lines]}]}}}
    found = declared(document)
    assert found is not None
    assert found.pip == (
        "--require-hashes",
        f"requests=={HERE}  --hash=sha256:aa  --hash=sha256:bb",
        "nothing-like-it==1  --hash=sha256:cc",
    )
    assert missing_pip(found) == ["nothing-like-it==1 (not installed)"]


@pytest.mark.parametrize(
    "line",
    [
        "requests",
        f"requests=={HERE} {HASHES}",
        f"requests[socks] == {HERE} ; python_version > '3' {HASHES}  # as locked",
        "--require-hashes",
        "--only-binary=:all:",
        "--only-binary :all:",
        "-i https://index.example.org/simple",
        "# a note",
        "",
        f"requests=={HERE}",
        "Requests>=2,<99",
        "azureml-defaults",
        "azureml-defaults~=1.30.0",
        "nothing-like-it; sys_platform == 'win32'",
        "--pre",
    ],
)
def test_met(line: str) -> None:
    assert missing_pip(environment(line)) == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("requests==1.0", f"requests==1.0 ({HERE} is here)"),
        (f"requests==1.0 {HASHES}", f"requests==1.0 ({HERE} is here)"),
        ("-r more.txt", "-r more.txt (cannot be compared)"),
        ("--requirement=more.txt", "--requirement=more.txt (cannot be compared)"),
        ("-rmore.txt", "-rmore.txt (cannot be compared)"),
        ("--editable lib", "--editable lib (cannot be compared)"),
        ("nothing-like-it>=2", "nothing-like-it>=2 (not installed)"),
        ("git+https://example.org/x.git", "git+https://example.org/x.git (cannot be compared)"),
        ("-e .", "-e . (cannot be compared)"),
    ],
)
def test_not_met(line: str, problem: str) -> None:
    assert missing_pip(environment("requests", line)) == [problem]


def test_conda() -> None:
    conda = (f"requests={HERE}", "conda-forge::requests", "requests=1.0", "cudatoolkit=11")
    assert missing_conda(environment(conda=conda)) == [
        f"requests=1.0 (a conda package; {HERE} is here)",
        "cudatoolkit=11 (a conda package; nothing of that name is here)",
    ]


def test_python() -> None:
    assert python_mismatch(environment(python="2.7.18")).startswith("Python 2.7.18 is declared, 3.")
    assert python_mismatch(environment(python=platform.python_version())) == ""
    assert python_mismatch(environment()) == ""
