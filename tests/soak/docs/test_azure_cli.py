"""azure-cli's own parser takes each command of az that the project names, and the table of its options is its own."""

import json

import pytest

from docs.commands import environment
from docs.commands.options import DOCUMENTED, OF_AZURE_CLI, name_of
from docs.commands.places import all_places

pytestmark = [pytest.mark.soak, pytest.mark.skipif(environment.absent() is not None, reason=str(environment.absent()))]
DOCUMENTED_ALONE = set(json.loads(DOCUMENTED.read_text())["commands"])
"""Those of extensions, which aren't on a package index."""


def test_it_takes_each_command() -> None:
    places = [place for place in all_places() if place.whole and place.command[0] == "az"]
    own = [place for place in places if name_of(place.command) not in DOCUMENTED_ALONE]
    answers = environment.ask("parse", [place.command[1:] for place in own])
    refused = {place: why for place, why in zip(own, answers, strict=True) if why}
    assert not refused, refused
    assert len(own) > 30


def test_it_refuses_what_it_has_not() -> None:
    wrong = [("aks", "show", "--name", "n"), ("aks", "list", "--everything"), ("aks", "destroy")]
    assert all(environment.ask("parse", wrong))


def test_the_table_is_its_own() -> None:
    table = json.loads(OF_AZURE_CLI.read_text())["commands"]
    answers = environment.ask("options", [tuple(name.split()[1:]) for name in table])
    assert {name: options for one in answers for name, options in one.items()} == table
