import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from config.errors import ModelError
from steps.validation.samples.checking import check_samples
from steps.validation.samples.loading import load
from tests.unit.steps.validation.contracts import contract

IMAGE = io.BytesIO()
Image.new("RGB", (2, 2)).save(IMAGE, "JPEG")
JPEG = IMAGE.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("cat/1.jpg", "cat/2.PNG", "ape/deep/3.jpeg", "bee/4.jpg", ".hidden/5.jpg", "cat/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(JPEG)
    return tmp_path


def truths(folder: Path, **about: Any) -> dict[str, object]:
    return {one.name: one.truth for one in load(folder, contract("classification", **about), 0)}


def test_the_sorted_folders_are_the_classes_as_keras_and_torchvision_number_them(folder: Path) -> None:
    assert truths(folder) == {"ape/deep/3.jpeg": 0, "bee/4.jpg": 1, "cat/1.jpg": 2, "cat/2.PNG": 2}


def test_keras_itself_numbers_them_so(folder: Path) -> None:
    from keras.src.utils.dataset_utils import index_directory

    (folder / ".hidden" / "5.jpg").unlink()
    (folder / ".hidden").rmdir()
    paths, labels, _ = index_directory(str(folder), "inferred", (".jpg", ".jpeg", ".png"), verbose=False)
    found = dict(zip((Path(path).relative_to(folder).as_posix() for path in paths), map(int, labels), strict=True))
    assert found == truths(folder)


def test_labels_that_are_said_go_by_name(folder: Path) -> None:
    assert set(truths(folder, labels=("cat", "bee", "ape")).items()) >= {("cat/1.jpg", 0), ("ape/deep/3.jpeg", 2)}


def test_a_folder_that_is_no_class_lists_the_nearest(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"cat/1\.jpg: label 'cat' is none of the 3 classes; nearest: cats"):
        truths(folder, labels=("ape", "bee", "cats"))


def test_folders_of_another_number_than_the_classes_name_none_of_them(folder: Path) -> None:
    (folder / "dog").mkdir()
    with pytest.raises(
        ModelError,
        match=r"4 folders \(ape, bee, cat, dog\), but the model has 3 classes: .* take out those that are none",
    ):
        truths(folder)


def test_of_fewer_folders_the_names_of_all_classes_are_asked_for(folder: Path) -> None:
    (folder / "bee" / "4.jpg").unlink()
    (folder / "bee").rmdir()
    with pytest.raises(ModelError, match=r"2 folders \(ape, cat\), .*: write the names of all 3, .* in task\.labels"):
        truths(folder)


def test_a_folder_too_high_is_told_from_one_with_classes(tmp_path: Path) -> None:
    for name in ("train/cat/1.jpg", "val/cat/1.jpg"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(JPEG)
    with pytest.raises(ModelError, match=rf"give the folder that holds the classes, such as {tmp_path.name}/val"):
        truths(tmp_path)


def test_two_folders_are_the_two_classes_of_a_binary_task(folder: Path) -> None:
    for path in sorted((folder / "ape").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (folder / "ape").rmdir()
    assert [one.truth for one in load(folder, contract("binary"), 0)] == [0, 1, 1]


def test_folders_say_no_numbers(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"the task is regression: write a labels\.csv instead"):
        load(folder, contract("regression"), 0)


def test_images_that_only_the_loaders_read_are_named(folder: Path) -> None:
    (folder / "bee" / "6.gif").touch()
    with pytest.raises(ModelError, match=r"bee/6\.gif: the service takes JPEG and PNG: convert it"):
        truths(folder)


def test_empty_folders_are_no_samples(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    with pytest.raises(ModelError, match="no sample in it: put JPEG or PNG images"):
        load(tmp_path, None, 0)


def test_links_are_followed_inside(folder: Path) -> None:
    (folder / "ape" / "more").symlink_to("../cat")
    (folder / "ape" / "6.jpg").symlink_to("../bee/4.jpg")
    (folder / "cat" / ".#notes.txt").symlink_to("somebody@host.1234")

    assert {"ape/more/1.jpg": 0, "ape/more/2.PNG": 0, "ape/6.jpg": 0}.items() <= truths(folder).items()
    assert check_samples(folder, None) == []


def test_links_that_lead_out_are_told_rather_than_left_out(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "9.jpg").write_bytes(JPEG)
    (folder / "dog").symlink_to(elsewhere)
    (folder / "cat" / "8.jpg").symlink_to("gone.jpg")
    (folder / "cat" / "9.jpg").symlink_to(elsewhere / "9.jpg")
    mend = "put in its place what it leads to (cp -rL copies so), or remove it"

    assert check_samples(folder, None) == [
        f"{folder.name}: cat/8.jpg is a link to what isn't there: remove it, or bring what it leads to",
        f"{folder.name}: cat/9.jpg is a link that leads out of the folder, to {elsewhere}/9.jpg: {mend}",
        f"{folder.name}: dog is a link that leads out of the folder, to {elsewhere}: {mend}",
    ]
    with pytest.raises(ModelError, match=r"cat/8\.jpg is a link to what isn't there"):
        load(folder, None, 0)


def test_a_class_without_an_image_is_told(folder: Path) -> None:
    (folder / "bee" / "4.jpg").rename(folder / "bee" / "4.txt")

    assert check_samples(folder, None) == [
        f"{folder.name}/bee: no JPEG or PNG in it, and each folder is a class: put some there, or remove it"
    ]
