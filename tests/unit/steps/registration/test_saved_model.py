import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from config.errors import ModelError
from steps.artifacts.candidate import Signature
from steps.registration.saved_model import content_hash, read_signature

JPEGS = tf.TensorSpec([None], tf.string, name="jpegs")
PIXELS = tf.TensorSpec([None, 8, 8, 3], tf.uint8, name="pixels")


def save(folder: Path, function: Callable[..., dict[str, Any]], *specs: tf.TensorSpec) -> Path:
    module = tf.Module()
    module.serve = tf.function(function, input_signature=specs)
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})
    return folder


def even(batch: Any) -> dict[str, Any]:
    """Ten classes, all as likely: enough of a classifier to have a signature."""
    return {"probabilities": tf.fill([tf.shape(batch)[0], 10], 0.1)}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("saved") / "model", even, JPEGS)


def test_a_model_of_jpegs(model: Path) -> None:
    assert read_signature(model) == Signature(input_name="jpegs", input_kind="jpeg", outputs=("probabilities",))
    assert str(read_signature(model)) == "jpegs (jpeg) -> probabilities"


def test_a_model_of_pixels_with_classes(tmp_path: Path) -> None:
    def serve(pixels: Any) -> dict[str, Any]:
        return even(pixels) | {"classes": tf.zeros([tf.shape(pixels)[0]], tf.int64)}

    signature = read_signature(save(tmp_path / "model", serve, PIXELS))

    assert signature == Signature(input_name="pixels", input_kind="image", outputs=("probabilities", "classes"))


def test_two_inputs_are_refused(tmp_path: Path) -> None:
    folder = save(tmp_path / "model", lambda jpegs, pixels: even(jpegs), JPEGS, PIXELS)

    with pytest.raises(ModelError, match=r"exactly one input.*jpegs.*pixels"):
        read_signature(folder)


def test_no_signature_is_refused(tmp_path: Path) -> None:
    tf.saved_model.save(tf.Module(), str(tmp_path / "model"))

    with pytest.raises(ModelError, match="no signature 'serving_default'"):
        read_signature(tmp_path / "model")


def test_a_folder_without_a_saved_model_says_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "weights.h5").write_bytes(b"x")

    with pytest.raises(ModelError, match=r"no saved_model\.pb \(found: weights\.h5\)"):
        read_signature(tmp_path)


def test_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no saved_model\.pb \(found: nothing\)"):
        read_signature(tmp_path / "nowhere")


@pytest.mark.parametrize("damage", [b"", b"not a graph"])
def test_a_damaged_graph_is_refused(tmp_path: Path, model: Path, damage: bytes) -> None:
    shutil.copytree(model, tmp_path / "model")
    (tmp_path / "model" / "saved_model.pb").write_bytes(damage)

    with pytest.raises(ModelError, match="TensorFlow can't load the SavedModel: "):
        read_signature(tmp_path / "model")


def test_missing_variables_are_refused(tmp_path: Path, sample: Any) -> None:
    shutil.copytree(sample.model, tmp_path / "model")
    shutil.rmtree(tmp_path / "model" / "variables")

    with pytest.raises(ModelError, match="TensorFlow can't load the SavedModel: "):
        read_signature(tmp_path / "model")


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
