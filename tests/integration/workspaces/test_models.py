"""Registered models: numbered versions, found by their tags, the same bytes wherever they come back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from workspaces.errors import RequestError
from workspaces.models import ModelVersion

if TYPE_CHECKING:
    from workspaces.workspace import Workspace

CONTENTS = {"saved_model.pb": b"graph", "variables/variables.index": b"", "variables/variables.data": bytes(range(256))}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder "model" as it is registered."""
    made = tmp_path_factory.mktemp("registered") / "model"
    for path, content in CONTENTS.items():
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_bytes(content)
    return made


def test_a_name_that_nobody_registered_has_no_versions(port: Workspace, name: str) -> None:
    assert port.models.versions(name) == []
    assert port.models.versions(name, {"hash": "1"}) == []


def test_what_is_registered_comes_back_under_the_folders_own_name(
    port: Workspace, folder: Path, name: str, tmp_path: Path
) -> None:
    made = port.models.register(name, folder, {"hash": "1"})
    assert made == ModelVersion(name, 1, {"hash": "1"})
    assert made.id == f"{name}:1"

    port.models.download(made, tmp_path / "here")
    files = [path for path in (tmp_path / "here").rglob("*") if path.is_file()]
    found = {path.relative_to(tmp_path / "here" / "model").as_posix(): path.read_bytes() for path in files}
    assert found == CONTENTS
    assert port.models.size(made) == sum(map(len, CONTENTS.values()))


def test_properties_are_those_that_it_was_registered_with(port: Workspace, folder: Path, name: str) -> None:
    made = port.models.register(name, folder, {"hash": "1"}, {"version_hash": "2"})
    assert (made.tags, made.properties) == ({"hash": "1"}, {"version_hash": "2"})
    port.models.set_tags(made, {"version_hash": "3"})
    (found,) = port.models.versions(name)
    assert (found.tags, found.properties) == ({"version_hash": "3"}, {"version_hash": "2"})


def test_registering_leaves_the_process_where_it_was(port: Workspace, folder: Path, name: str) -> None:
    before = os.getcwd()  # noqa: PTH109
    port.models.register(name, folder, {})
    assert os.getcwd() == before  # noqa: PTH109


def test_versions_come_newest_first_by_number_and_by_tag(port: Workspace, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "one-file").touch()
    for number in range(1, 12):
        port.models.register(name, folder, {"hash": str(number % 2), "git_commit": "abc"})
    versions = port.models.versions(name)
    assert [one.version for one in versions] == list(range(11, 0, -1))
    assert versions[0] == ModelVersion(name, 11, {"hash": "1", "git_commit": "abc"})

    assert [one.version for one in port.models.versions(name, {"hash": "0"})] == [10, 8, 6, 4, 2]
    assert port.models.versions(name, {"hash": "0", "git_commit": "abc"}) == port.models.versions(name, {"hash": "0"})
    assert port.models.versions(name, {"hash": "0", "git_commit": "other"}) == []
    assert port.models.versions(name, {"nothing": "0"}) == []


def test_a_models_versions_are_not_those_of_another_whose_name_begins_so(
    port: Workspace, folder: Path, name: str
) -> None:
    port.models.register(f"{name}-too", folder, {})
    assert port.models.versions(name) == []


def test_all_tags_are_replaced_at_once(port: Workspace, folder: Path, name: str) -> None:
    made = port.models.register(name, folder, {"hash": "1", "frozen_hash": "2"})
    other = port.models.register(name, folder, {"hash": "1"})
    for tags in ({"hash": "1", "verdict": "BLESSED"}, {"verdict": "UNDECIDED"}, {}):
        port.models.set_tags(made, tags)
        assert port.models.versions(name) == [other, ModelVersion(name, 1, tags)]


def test_a_version_that_is_not_there_can_be_neither_brought_nor_tagged(
    port: Workspace, name: str, tmp_path: Path
) -> None:
    missing = ModelVersion(name, 7, {})
    with pytest.raises(RequestError):
        port.models.download(missing, tmp_path)
    with pytest.raises(RequestError):
        port.models.size(missing)
    with pytest.raises(RequestError):
        port.models.set_tags(missing, {"hash": "1"})
