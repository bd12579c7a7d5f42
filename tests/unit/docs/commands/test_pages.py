"""Each command of az, gh and kubectl that the project names is one that the tool has, with options that it has."""

import re
from typing import Literal

import pytest

from config.settings import load_settings
from docs.commands import environment
from docs.commands.options import OF_AZURE_CLI, refusal
from docs.commands.places import AZURE, OF_DEV, OF_PROD, Place, all_places, of_azure_page
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


@pytest.mark.parametrize("target", ["dev", "prod"])
def test_the_page_makes_what_the_target_file_names(target: Literal["dev", "prod"]) -> None:
    """The subscription of both is a placeholder."""
    page, settings = [" ".join(command) for command in of_azure_page(target)], load_settings(target, environ={})
    names, cluster = settings.workspace, ClusterId.of(str(settings.cluster.resource_id))
    assert f"az group create --name {names.resource_group} --location westeurope" in page
    workspace = f"--resource-group {names.resource_group} --name {names.name} --location westeurope"
    assert f"az ml workspace create {workspace}" in page
    for line in az_commands.create(cluster, settings.cluster):  # what `amlgpu provision --dry-run` prints
        assert line in page
    assert any(f"--name {settings.compute.name} --query identity.principal_id" in line for line in page)


def test_only_prod_asks_for_reviewers() -> None:
    text = AZURE.read_text()
    assert (OF_DEV in text, OF_PROD in text) == (True, True)
    asking = ("gh", "api", "users/LOGIN", "--jq", ".id")
    assert (asking in of_azure_page("dev"), asking in of_azure_page("prod")) == (False, True)


@pytest.mark.parametrize("identity", ["RELEASES_ID", "READS_ID"])
def test_both_of_prods_identities_may_read_dev(identity: str) -> None:
    """*Promote* looks as the one, and promotes as the other."""
    given = rf'--assignee-object-id "\${identity}"[^\n]*\n +--role [^\n]* --scope "\$DEV_ID"'
    assert re.search(given, AZURE.read_text())


@pytest.mark.parametrize(("target", "limited"), [("dev", {"dev"}), ("prod", {"prod", "prod-follow"})])
def test_a_branch_reaches_no_environment_but_its_plans(target: Literal["dev", "prod"], limited: set[str]) -> None:
    paths = [word.split("/") for command in of_azure_page(target) for word in command if "/environments/" in word]
    assert {path[4] for path in paths} == {target, f"{target}-follow"}
    assert {path[4] for path in paths if path[5:] == ["deployment-branch-policies"]} == limited
