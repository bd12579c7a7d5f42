import sqlite3
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path

import pytest

from azureml_emulator.errors import NotFound
from azureml_emulator.state.store import Store


def test_documents_in_their_order(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    for key in ("b", "a", "c"):
        store.put("model", key, {"id": key})
    store.put("model", "a", {"id": "a", "changed": True})
    store.put("run", "a", {"id": "of another kind"})
    assert store.all("model") == [{"id": "b"}, {"id": "a", "changed": True}, {"id": "c"}]
    assert store.delete("model", "b")
    assert not store.delete("model", "b")
    assert [document["id"] for document in store.all("model")] == ["a", "c"]


def test_missing(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    assert store.find("model", "digits:1") is None
    with pytest.raises(NotFound, match="model 'digits:1' not found"):
        store.get("model", "digits:1")


def test_what_is_read_is_a_copy(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    store.put("model", "a", {"tags": {}})
    store.get("model", "a")["tags"]["changed"] = "no"
    assert store.get("model", "a") == {"tags": {}}


def test_it_survives(tmp_path: Path) -> None:
    """Without a proper end, as after `kill -9`: the file is opened again while the first connection is open."""
    first = Store(tmp_path / "db")
    first.put("model", "a", {"name": "ü"})
    assert [first.next_number("versions") for _ in range(2)] == [1, 2]
    second = Store(tmp_path / "db")
    assert second.get("model", "a") == {"name": "ü"}
    assert (second.next_number("versions"), second.next_number("others")) == (3, 1)


def test_a_transaction_is_seen_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    store, other = Store(tmp_path / "db"), Store(tmp_path / "db")
    with store.transaction():
        store.put("model", "a", {})
        store.next_number("versions")
        store.put("model", "b", {})
        assert other.all("model") == []
    assert len(other.all("model")) == 2
    with suppress(ValueError), store.transaction():
        store.put("model", "c", {})
        raise ValueError
    assert store.find("model", "c") is None
    assert store.next_number("versions") == 2


def test_half_a_character_is_no_key(tmp_path: Path) -> None:
    assert Store(tmp_path / "db").find("run", "\ud800") is None


def test_those_that_hold_a_text(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    parents = ["one", "two", 'with "quotes" and ü', "one"]
    for key, parent in enumerate(parents):
        store.put("run", str(key), {"id": key, "in": [{"parent": parent}]})
    assert [run["id"] for run in store.all("run", "one")] == [0, 3]
    assert [run["id"] for run in store.all("run", parents[2])] == [2]
    assert (len(store.all("run")), store.all("run", "none")) == (4, [])


def test_a_transaction_in_another_is_a_part_of_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    with suppress(ValueError), store.transaction():
        with store.transaction():
            store.put("model", "a", {})
        raise ValueError
    assert store.find("model", "a") is None
    with store.transaction(), store.transaction():
        store.put("model", "b", {})
    assert Store(tmp_path / "db").find("model", "b") == {}


def test_the_newest_are_read_without_the_older_ones(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    for key in ("a", "b", "c"):
        store.put("run", key, {"id": key, "experiment": "ü" if key == "b" else "e"})
    store.put("model", "d", {})
    assert [run["id"] for run in store.newest_first("run")] == ["c", "b", "a"]
    assert [run["id"] for run in store.newest_first("run", "ü")] == ["b"]
    with closing(sqlite3.connect(tmp_path / "db")) as database, database:
        database.execute("UPDATE documents SET body = 'no JSON' WHERE key = 'a'")
    assert [run["id"] for run in islice(store.newest_first("run"), 2)] == ["c", "b"]
