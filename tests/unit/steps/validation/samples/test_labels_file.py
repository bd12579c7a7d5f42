import csv
import json
import re
from pathlib import Path

import pytest

from config.errors import ModelError
from scoring.contract import Contract, Input, Task, Tensor
from steps.validation.samples.bodies import read_bodies
from steps.validation.samples.loading import load
from steps.validation.samples.summary import summary


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(20):
        (tmp_path / f"{number}.jpg").write_bytes(bytes([number]))
    (tmp_path / "labels.csv").write_text("file,label\n" + "".join(f"{n}.jpg,{n % 10}\n" for n in range(20)))
    return tmp_path


def test_every_image_comes_with_its_label(folder: Path) -> None:
    images = load(folder, None, 0)

    assert [(image.name, image.body, image.truth) for image in images] == [
        (f"{number}.jpg", bytes([number]), number % 10) for number in range(20)
    ]


def test_the_same_images_are_chosen_each_time(folder: Path) -> None:
    first, again = load(folder, None, 5), load(folder, None, 5)

    assert first == again
    assert len({image.name for image in first}) == 5
    assert [image.name for image in first] != [f"{number}.jpg" for number in range(5)]


def test_more_than_there_are_means_all(folder: Path) -> None:
    assert len(load(folder, None, 1000)) == 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            "file,value of a regression, or file,outputs of tensors, not an empty file",
        ),
        (
            "name,class\n0.jpg,1\n",
            "file,value of a regression, or file,outputs of tensors, not name,class",
        ),
        ("file,label\n", "no images are listed below the header"),
        ("file,label\n0.jpg,1\n1.jpg\n", "line 3: 1 columns, must be 2 (file,label)"),
        ("file,label\n0.jpg,one\n", "line 2: label 'one' must be a class index"),
        ("file,label\n0.jpg,-1\n", "line 2: label '-1' must be a class index"),
        (f"file,label\n0.jpg,{'9' * 500}\n", "line 2: label 999999999… must be a class index"),
        (f"file,label\n0.jpg,{'9' * 5000}\n", "line 2: a label of 5,000 characters, of 1,000 at most"),
        ("file,label\n../0.jpg,1\n", "line 2: '../0.jpg' is a path, but a labels.csv lists files beside it"),
        ("file,label\n/etc/hostname,1\n", "line 2: '/etc/hostname' is a path"),
        ("file,label\ncats/0.jpg,1\n", "move them there, or leave labels.csv out and give each class a folder"),
        ("file,label\nlabels.csv,1\n", "line 2: labels.csv lists itself: remove the line"),
        (f"file,label\n{'a' * 5000}.jpg,1\n", f"line 2: {'a' * 200}… is not in the folder: add it, or remove the line"),
        ("file,label\na\x1b[2J.jpg,1\n", r"line 2: a\x1b[2J.jpg is not in the folder"),
        ("file,label\n0.jpg,1\n1.jpg,2\n\n0.jpg,1\n", "lines 2 and 5 both list 0.jpg: keep one of them"),
        ("file,label\n0.jpg,1\n0.jpg,2\n", "lines 2 and 3 both list 0.jpg, as 1 and as 2: keep the right one"),
    ],
)
def test_a_wrong_labels_file_is_named_with_its_line(folder: Path, text: str, message: str) -> None:
    (folder / "labels.csv").write_text(text)

    with pytest.raises(ModelError, match=re.escape(message)):
        load(folder, None, 0)


def test_no_labels_file(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError,
        match=r"no labels\.csv in it, no folder for each class and no \*\.jsonl: .* with the header file,label",
    ):
        load(tmp_path, None, 0)


def test_a_labels_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"file,label\n\xff.jpg,1\n")

    with pytest.raises(ModelError, match="not UTF-8: invalid start byte at byte 11"):
        load(tmp_path, None, 0)


def test_an_image_that_is_not_there(folder: Path) -> None:
    (folder / "7.jpg").unlink()

    with pytest.raises(ModelError, match=r"labels\.csv line 9: 7\.jpg is not in the folder"):
        load(folder, None, 0)


def test_an_image_that_cant_be_read(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"77\.jpg: can't be read: No such file or directory"):
        read_bodies(folder, ["77.jpg"])


def test_a_byte_order_mark_as_spreadsheets_write_it(folder: Path) -> None:
    (folder / "labels.csv").write_text("file,label\n0.jpg,1\n", encoding="utf-8-sig")

    assert [(one.name, one.truth) for one in load(folder, None, 0)] == [("0.jpg", 1)]


def test_empty_lines_are_skipped(folder: Path) -> None:
    (folder / "labels.csv").write_text("file,label\n0.jpg,1\n\n1.jpg,2\n\n")

    assert [(one.name, one.truth) for one in load(folder, None, 0)] == [("0.jpg", 1), ("1.jpg", 2)]


def test_a_labels_file_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").mkdir()

    with pytest.raises(ModelError, match=r"labels\.csv: can't be read: Is a directory"):
        load(tmp_path, None, 0)


MASKS = Contract(
    signature="serving_default",
    input=Input(kind="image", tensors=(Tensor(name="x", dtype="uint8", shape=(None, 8, 8, 3)),), size=(8, 8)),
    task=Task(kind="tensors", outputs=(Tensor(name="mask", dtype="float32", shape=(None, 8, 8)),)),
)


def test_images_whose_answers_are_tensors_have_them_as_json(folder: Path) -> None:
    """Masks, boxes, embeddings; a mask has more characters than the csv module reads by default."""
    mask = [[0.25] * 300] * 300
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["file", "outputs"], ["0.jpg", json.dumps({"mask": mask})], ["1.jpg", json.dumps(mask)]]
        )

    assert [sample.truth for sample in load(folder, MASKS, 0)] == [{"mask": mask}] * 2
    assert summary(folder).labels == "outputs"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("[[1, 2]]", "line 2: 3 columns, must be 2 (file,outputs): JSON stands in quotes, with those inside doubled"),
        ("[[1", "line 2: not JSON: "),
        ("", "line 2: not JSON: "),
        ("NaN", "line 2: "),
        ('"{""boxes"": 1}"', "line 2: the model has no output 'boxes'; it has mask"),
        ("[" * 1000, "line 2: "),
    ],
)
def test_outputs_that_are_none_are_named_by_their_line(folder: Path, cell: str, message: str) -> None:
    (folder / "labels.csv").write_text(f"file,outputs\n0.jpg,{cell}\n")
    with pytest.raises(ModelError, match=re.escape(message)):
        load(folder, MASKS, 0)
