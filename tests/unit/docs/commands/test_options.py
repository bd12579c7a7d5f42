"""What a command is refused for, by the tables alone."""

import shlex

import pytest

from docs.commands.options import refusal
from docs.commands.shell import ShellError, commands_of


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("az aks destroy --name n", "no such command"),
        ("az aks show --name n --resource-group g --all", "az aks show has no option --all"),
        ("az aks show --name n", "az aks show needs --resource-group"),
        ("az aks show --name", "az aks show --name has no value"),
        ("az aks show n --resource-group g", "az aks show takes no n"),
        ("az ml workspace show --name n --resource-group g --keys", "az ml workspace show has no option --keys"),
        ("gh variable set NAME --environment dev", "gh variable set has no option --environment"),
        ("kubectl delete --ignore-missing pod/p", "kubectl delete has no option --ignore-missing"),
    ],
)
def test_it_is_refused(line: str, why: str) -> None:
    assert why in str(refusal(tuple(shlex.split(line)), whole=True))


@pytest.mark.parametrize(
    "line",
    [
        "az aks show -g g -n n --query id --output=tsv",
        "az aks list",
        "gh variable set NAME --env dev --body=value",
        "kubectl apply -f -",
    ],
)
def test_it_is_taken(line: str) -> None:
    assert refusal(tuple(shlex.split(line)), whole=True) is None


def test_one_that_is_only_spoken_of_may_lack_what_it_needs() -> None:
    assert refusal(("az", "aks", "update", "--enable-blob-driver"), whole=False) is None


def test_a_shell_says_what_would_be_started() -> None:
    lines = (
        "A='x y'\nfor b in 1 2; do az group create --name \"$A$b\" --location west; done\nC=$(gh api user) && rm -rf /"
    )
    found = commands_of(lines, strictly=True, environment={})
    assert [command[4] for command in found[:2]] == ["x y1", "x y2"]
    assert found[2] == ("gh", "api", "user")


def test_a_variable_that_nothing_sets_stops_it() -> None:
    with pytest.raises(ShellError, match="NAME"):
        commands_of('az group create --name "$NAME" --location west', strictly=True, environment={})
