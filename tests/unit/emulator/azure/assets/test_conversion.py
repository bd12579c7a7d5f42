"""Environments of SDK v2 as v1 defines them, and back."""

from typing import Any

import pytest

from azureml_emulator.azure.assets.environments.conversion import as_v1, as_v2, conda_of, same
from azureml_emulator.errors import BadRequest
from azureml_emulator.execution.interpreters.requirements import declared

CONDA = "dependencies:\n- python=3.11\n- pip:\n  - numpy==2.0\n"
BUILD = {"contextUri": "azureml://datastores/workspaceblobstore/paths/x", "dockerfilePath": "docker/Dockerfile"}


@pytest.mark.parametrize("properties", [{"image": "a:1"}, {"image": "a:1", "condaFile": CONDA}, {"build": BUILD}])
def test_there_and_back(properties: dict[str, Any]) -> None:
    back = as_v2(as_v1("env", "1", properties))
    assert back is not None
    assert back.keys() == properties.keys()
    assert all(same(key, properties[key], back[key]) for key in properties)


def test_packages_count_for_interpreters_with_a_conda_file_only() -> None:
    wanted = declared(as_v1("env", "1", {"image": "a:1", "condaFile": CONDA}))
    assert wanted is not None
    assert (wanted.python, wanted.pip) == ("3.11", ("numpy==2.0",))
    assert declared(as_v1("env", "1", {"image": "a:1"})) is None


def test_a_conda_file_may_be_written_in_many_ways() -> None:
    assert same("condaFile", CONDA, "{dependencies: [python=3.11, {pip: [numpy==2.0]}]}")
    assert not same("condaFile", CONDA, CONDA.replace("2.0", "2.1"))
    assert not same("condaFile", CONDA, None)
    assert same("build", {"contextUri": "x"}, {"contextUri": "x", "dockerfilePath": "Dockerfile"})


@pytest.mark.parametrize(
    "definition",
    [
        {"docker": {"baseImage": None, "baseDockerfile": "FROM scratch"}},
        {"docker": None, "python": None},
        {"docker": "image", "python": []},
        {"docker": {"buildContext": ["x"]}},
    ],
)
def test_what_v2_has_no_words_for(definition: dict[str, Any]) -> None:
    assert as_v2(definition) is None


@pytest.mark.parametrize(
    "text", ["", "- a", "a: .nan", "a: 2026-01-01", "a: [", "x: &x {}\ny: *x", "dependencies: [1]"]
)
def test_what_is_no_conda_file(text: str) -> None:
    with pytest.raises(BadRequest, match="condaFile"):
        conda_of(text)
