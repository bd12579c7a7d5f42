"""Environments and their versions."""

from __future__ import annotations

from pathlib import Path
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


def test_label(workspace: Workspace) -> None:
    from azureml.core import Environment

    for package in ("numpy", "scipy"):
        scoring("labelled", package).register(workspace)
    assert Environment.get(workspace, "labelled", label="Latest").version == "2"
    with pytest.raises(Exception, match="environment 'labelled' has no label 'prod', only 'Latest'"):
        Environment.get(workspace, "labelled", label="prod")


def test_other_ways_to_make_one(workspace: Workspace, tmp_path: Path) -> None:
    from azureml.core import Environment

    (tmp_path / "conda.yml").write_text("channels: [conda-forge]\ndependencies: [python=3.11, scipy]\n")
    (tmp_path / "requirements.txt").write_text("pandas==2.2.3\n")
    (tmp_path / "Dockerfile").write_text("FROM python:3.11\n")
    Environment.from_conda_specification("conda", str(tmp_path / "conda.yml")).register(workspace)
    Environment.from_pip_requirements("pip", str(tmp_path / "requirements.txt")).register(workspace)
    Environment.from_dockerfile("docker", str(tmp_path / "Dockerfile")).register(workspace)
    Environment.get(workspace, "conda").clone("clone").register(workspace)
    found = {name: Environment.get(workspace, name) for name in ("conda", "pip", "docker", "clone")}
    assert "scipy" in found["conda"].python.conda_dependencies.serialize_to_string()
    assert "pandas==2.2.3" in found["pip"].python.conda_dependencies.serialize_to_string()
    assert found["docker"].docker.base_dockerfile == "FROM python:3.11\n"
    assert "scipy" in found["clone"].python.conda_dependencies.serialize_to_string()
    assert found.keys() <= workspace.environments.keys()


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("missing", None, "environment 'missing' not found in this workspace"),
        ("there", "99", "environment 'there' has no version 99"),
        ("AzureML-Skleran-0.24", None, "'AzureML-Skleran-0.24' not found: Azure's curated ones have other names"),
    ],
)
def test_unknown(workspace: Workspace, name: str, version: str | None, message: str) -> None:
    from azureml.core import Environment

    scoring("there", "numpy").register(workspace)
    with pytest.raises(Exception, match=message):
        Environment.get(workspace, name, version)


def test_a_name_that_is_azures(workspace: Workspace) -> None:
    with pytest.raises(Exception, match="names that start with AzureML are Azure's own"):
        scoring("AzureML-mine", "numpy").register(workspace)


def test_images_are_not_built(workspace: Workspace) -> None:
    """A build has ended at once, and says what runs take instead."""
    environment = scoring("unbuilt", "not-a-package-of-this-machine").register(workspace)
    for options in ({}, {"image_build_compute": "builder"}):
        build = environment.build(workspace, **options)
        assert build.wait_for_completion(show_output=False).status == "Succeeded"
        log = build.get_log()
        assert "no image is built: steps and services run in a Python environment of this machine" in log
        assert "not-a-package-of-this-machine" in log
    for call in (environment.build_local, environment.get_image_details):
        with pytest.raises(Exception, match="images are recorded, not built"):
            call(workspace)


@pytest.mark.parametrize(
    ("name", "version"),
    [("AzureML-Minimal", None), ("AzureML-sklearn-1.0-ubuntu20.04-py38-cpu", "41"), ("AzureML-ACPT-pytorch-1.13", "1")],
)
def test_curated(workspace: Workspace, name: str, version: str | None) -> None:
    from azureml.core import Environment

    found = Environment.get(workspace, name, version)
    assert (found.name, found.version) == (name, version or "1")
    assert found.python.user_managed_dependencies
    assert found.docker.base_image.startswith("mcr.microsoft.com/azureml/curated/")
    own = found.clone("own")
    own.python.conda_dependencies.add_pip_package("joblib")
    assert own.name == "own"


def test_curated_ones_are_listed(workspace: Workspace) -> None:
    from azureml.core import Environment

    assert "AzureML-Tutorial" in Environment.list(workspace)
    found = workspace.environments["AzureML-sklearn-1.0-ubuntu20.04-py38-cpu"]
    assert found.docker.base_image.startswith("mcr.microsoft.com/azureml/curated/")
