"""Each command of az, gh and kubectl that the project names is one that the tool has, with options that it has."""

import re

import pytest

from config.settings import load_settings
from docs.commands import environment
from docs.commands.options import OF_AZURE_CLI, refusal
from docs.commands.places import AZURE, Place, all_places, of_azure_page
from docs.commands.shell import Command
from pipelines.infrastructure import az_commands
from workspaces.computes import ClusterId


@pytest.fixture(scope="module")
def places() -> list[Place]:
    return list(all_places())


def test_each_command_is_one_that_its_tool_takes(places: list[Place]) -> None:
    refused = {place: why for place in places if (why := refusal(place.command, whole=place.whole))}
    assert not refused, "\n".join(f"{place.where}: {why}" for place, why in refused.items())


def test_commands_are_found_everywhere(places: list[Place]) -> None:
    found = {place.where for place in places}
    for where in ("docs/azure.md", "docs/operating.md", ".github/workflows/redeploy.yml", "az_commands"):
        assert where in found
    assert "pipelines/infrastructure/provision.py" in found, "of what the program says"


def test_the_table_is_of_the_locked_azure_cli() -> None:
    assert f'"azure-cli": "{environment.version()}"' in OF_AZURE_CLI.read_text()
    assert f"azure-cli {environment.version()}" in AZURE.read_text().replace("\n", " ")


@pytest.fixture(scope="module")
def page() -> list[Command]:
    return of_azure_page()


def test_the_page_makes_the_cluster_that_provision_says(page: list[Command]) -> None:
    """Of the names that both have; the page's subscription is the placeholder of the target's file."""
    settings = load_settings("dev", environ={})
    cluster = ClusterId.of(str(settings.cluster.resource_id))
    said = [" ".join(command) for command in page]
    for line in az_commands.create(cluster, settings.cluster):
        assert line in said


def test_the_page_has_the_names_of_the_target_files(page: list[Command]) -> None:
    text = AZURE.read_text()
    for target in ("dev", "prod"):
        settings = load_settings(target, environ={})
        cluster = ClusterId.of(str(settings.cluster.resource_id))
        assert {settings.workspace.resource_group, settings.workspace.name, cluster.group} == {f"aml-gpu-{target}"}
        assert f"TARGET={target} NODES={settings.cluster.nodes}\n" in re.sub("[`.]", "\n", text)
        assert (cluster.name, settings.compute.name) == ("gpu-aks", "gpu-compute")
    assert ("az", "group", "create", "--name", "aml-gpu-dev", "--location", "westeurope") in page
