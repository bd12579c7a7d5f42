"""Environments and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from azureml.core import Environment, Workspace

IMAGE = "mcr.microsoft.com/azureml/openmpi5.0-cuda12.5-ubuntu22.04"


def scoring(name: str, *packages: str) -> Environment:
    from azureml.core import Environment
    from azureml.core.conda_dependencies import CondaDependencies

    environment = Environment(name)
    environment.docker.base_image = IMAGE
    environment.environment_variables = {"SCORING_REQUIRE_GPU": "1"}
    environment.python.conda_dependencies = CondaDependencies.create(conda_packages=list(packages))
    return environment


def test_there_and_back(workspace: Workspace) -> None:
    from azureml.core import Environment

    scoring("back", "tensorflow-gpu=2.19").register(workspace)
    found = Environment.get(workspace, "back")
    assert (found.version, found.docker.base_image) == ("1", IMAGE)
    assert found.environment_variables["SCORING_REQUIRE_GPU"] == "1"
    assert "tensorflow-gpu=2.19" in found.python.conda_dependencies.serialize_to_string()


def test_same_definition_is_the_same_version(workspace: Workspace) -> None:
    from azureml.core import Environment

    versions = [scoring("same", package).register(workspace).version for package in ("numpy", "numpy", "scipy")]
    assert versions == ["1", "1", "2"]
    assert Environment.get(workspace, "same").version == "2"
    assert "numpy" in Environment.get(workspace, "same", "1").python.conda_dependencies.serialize_to_string()


def test_named_version(workspace: Workspace) -> None:
    from azureml.core import Environment

    environment = scoring("named", "numpy")
    environment.version = "2026-11"
    assert environment.register(workspace).version == "2026-11"
    assert Environment.get(workspace, "named", "2026-11").version == "2026-11"


def test_list(workspace: Workspace) -> None:
    from azureml.core import Environment

    scoring("listed", "numpy").register(workspace)
    scoring("listed", "scipy").register(workspace)
    assert Environment.list(workspace)["listed"].version == "2"


@pytest.mark.parametrize(("name", "version"), [("missing", None), ("there", "99")])
def test_unknown(workspace: Workspace, name: str, version: str | None) -> None:
    from azureml.core import Environment

    scoring("there", "numpy").register(workspace)
    with pytest.raises(Exception, match=f"environment '{name}' has no version"):
        Environment.get(workspace, name, version)
