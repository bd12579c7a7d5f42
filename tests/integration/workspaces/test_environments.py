"""Environments: registered as they are defined, and found again by name and version."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml

from workspaces.environments import Environment
from workspaces.errors import RequestError

if TYPE_CHECKING:
    from workspaces.workspace import Workspace

DOCKERFILE = "FROM mcr.microsoft.com/azureml/openmpi5.0-cuda12.6-ubuntu24.04\nENV CONDA_OVERRIDE_CUDA=12.8\n"
CONDA = "# a comment\nname: scoring\nchannels: [conda-forge]\ndependencies:\n- python=3.11\n- pip: [numpy==2.1.0]\n"


@pytest.fixture
def definition(name: str) -> Environment:
    return Environment(name, DOCKERFILE, CONDA, {"SCORING_MAX_BATCH": "16", "TEXT": 'with "quotes", ü and = signs'})


def assert_found(found: Environment, registered: Environment) -> None:
    """All of it; the variables only where the SDK keeps them with the environment."""
    assert yaml.safe_load(found.conda) == yaml.safe_load(registered.conda)
    assert found.variables in (registered.variables, {})
    assert replace(found, conda=registered.conda, variables=registered.variables) == registered


def test_what_is_registered_has_a_version_and_is_found_by_it(port: Workspace, definition: Environment) -> None:
    registered = port.environments.register(definition)
    assert registered.version
    assert registered == replace(definition, version=registered.version)
    assert_found(port.environments.find(definition.name, registered.version), registered)
    assert_found(port.environments.find(definition.name, None), registered)


def test_the_same_twice_is_as_good_as_once(port: Workspace, definition: Environment) -> None:
    first, second = port.environments.register(definition), port.environments.register(definition)
    assert_found(port.environments.find(definition.name, first.version), first)
    assert_found(port.environments.find(definition.name, second.version), second)


def test_another_content_under_the_name_leaves_the_first_as_it_was(port: Workspace, definition: Environment) -> None:
    first = port.environments.register(definition)
    second = port.environments.register(replace(definition, dockerfile="FROM ubuntu:24.04\n"))
    assert first.version != second.version
    assert_found(port.environments.find(definition.name, first.version), first)
    assert_found(port.environments.find(definition.name, second.version), second)
    assert_found(port.environments.find(definition.name, None), second)


def test_what_was_found_can_be_registered_as_it_is(port: Workspace, definition: Environment) -> None:
    registered = port.environments.register(definition)
    found = port.environments.find(definition.name, registered.version)
    again = port.environments.register(replace(found, name=f"{definition.name}-again"))
    assert_found(port.environments.find(again.name, again.version), again)


@pytest.mark.parametrize("version", [None, "1"])
def test_one_that_is_not_there_is_an_error(port: Workspace, name: str, version: str | None) -> None:
    with pytest.raises(RequestError):
        port.environments.find(name, version)


def test_a_version_that_is_not_there_is_an_error(port: Workspace, definition: Environment) -> None:
    port.environments.register(definition)
    with pytest.raises(RequestError):
        port.environments.find(definition.name, "99")
