from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import tensorflow as tf

from config.errors import ModelError
from scoring.contract import Contract, Input, Task, Tensor
from steps.registration.saved_model import check_start, content_hash, freeze, frozen_hash

ROWS = Tensor(name="rows", dtype="float32", shape=(None, 2))
CONTRACT = Contract(
    signature="serving_default",
    input=Input(kind="tensors", tensors=(ROWS,)),
    task=Task(kind="regression", outputs=(Tensor(name="value", dtype="float32", shape=(None,)),)),
)


@pytest.fixture(scope="module")
def logarithm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has no finite answer where a row's sum is 0."""
    module, folder = tf.Module(), tmp_path_factory.mktemp("saved") / "model"

    def serve(rows: Any) -> dict[str, Any]:
        return {"value": tf.math.log(tf.reduce_sum(rows, axis=1))}

    module.serve = tf.function(serve, input_signature=[tf.TensorSpec([None, 2], tf.float32, name="rows")])
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})
    return folder


def test_a_model_is_tried_by_a_request_that_it_answers(logarithm: Path) -> None:
    assert freeze(logarithm, CONTRACT, b'{"instances": [[1, 2]]}') is None
    assert frozen_hash(logarithm) is not None
    check_start(logarithm, CONTRACT, b'{"instances": [[1, 2]]}')


@pytest.mark.parametrize("body", [b'{"instances": [[0, 0]]}', b'{"instances": [[1, 2, 3]]}', b"\xff\xd8\xff"])
def test_one_that_it_does_not_answer_tells_that_no_service_would_start(logarithm: Path, body: bytes) -> None:
    for start in (freeze, check_start):
        with pytest.raises(ModelError, match="a service of it wouldn't start"):
            start(logarithm, CONTRACT, body)
        assert frozen_hash(logarithm) is None


def test_a_frozen_graph_that_fails_where_the_model_answers_is_refused(
    logarithm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one whose weights were folded wrongly would."""

    def spoil(graph: Any, kept: Any) -> Any:
        for node in graph.node:
            if node.op == "Log":
                node.op = "Acosh"  # of 0.5 there is none
        return graph

    monkeypatch.setattr("scoring.model.frozen_graph.fold_scales", spoil)
    with pytest.raises(
        ModelError,
        match=r"frozen graph, which .* fails where the SavedModel answers: .* no finite numbers .* report it",
    ):
        freeze(logarithm, CONTRACT, b'{"instances": [[0.25, 0.25]]}')
    assert frozen_hash(logarithm) is None


def tree(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_the_hash_is_of_paths_and_bytes_alone(tmp_path: Path) -> None:
    files = {"saved_model.pb": b"graph", "variables/index": b"1", "variables/data": b"2"}
    one = tree(tmp_path / "one", files)
    other = tree(tmp_path / "elsewhere" / "other", dict(reversed(files.items())))
    (other / "empty folder").mkdir()

    assert content_hash(one) == content_hash(other)
    assert len(content_hash(one)) == 64


@pytest.mark.parametrize(
    "files",
    [
        {"a": b"12", "b": b"4"},
        {"a": b"1", "c": b"23"},
        {"a": b"1"},
        {"a": b"1", "b": b"23", "c": b""},
        {"a": b"", "b": b"123"},
        {"d/a": b"1", "b": b"23"},
        {"a": b"1b23"},
    ],
)
def test_any_change_changes_the_hash(tmp_path: Path, files: dict[str, bytes]) -> None:
    before = content_hash(tree(tmp_path / "before", {"a": b"1", "b": b"23"}))

    assert content_hash(tree(tmp_path / "after", files)) != before


def test_a_linked_folder_inside_counts_as_a_copy_of_it(tmp_path: Path) -> None:
    one = tree(tmp_path / "one", {"saved_model.pb": b"graph", "variables/data": b"1"})
    copied = tree(tmp_path / "copied", {"saved_model.pb": b"graph", "variables/data": b"1", "more/data": b"1"})
    (one / "more").symlink_to("variables")

    assert content_hash(one) == content_hash(copied)


def test_a_file_that_grows_while_it_is_read_is_named(tmp_path: Path) -> None:
    folder = tree(tmp_path / "model", {"a": b"1" * 3_000_000})
    stop = Event()

    def grow() -> None:
        with (folder / "a").open("ab", buffering=0) as file:
            while not stop.is_set():
                file.write(b"2" * 1000)

    writer = Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(ModelError, match="model: a has changed while it was read: run this again when nothing"):
            hash_often(folder)
    finally:
        stop.set()
        writer.join()


def hash_often(folder: Path) -> None:
    for _ in range(1000):
        content_hash(folder)
