"""What a folder holds, here or on a datastore, and what of it is held in memory."""

import json
import tracemalloc
from pathlib import Path

import pytest

from config.errors import ModelError
from steps.validation.samples.contents import contents_elsewhere, contents_of
from steps.validation.samples.loading import load
from tests.unit.steps.validation.contracts import contract

ROW = [1 / 3] * 500


def test_a_folder_here_and_the_same_on_a_datastore_list_the_same(tmp_path: Path) -> None:
    for name in ("cat/1.jpg", "ape/deep/2.jpg", ".hidden/3.jpg", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"12")
    here = contents_of(tmp_path)

    assert here.sizes == {"cat/1.jpg": 2, "ape/deep/2.jpg": 2, ".hidden/3.jpg": 2, "notes.txt": 2}
    assert here.classes == ("ape", "cat")
    assert contents_elsewhere(tmp_path, here.sizes) == here
    assert contents_of(here) is here


def test_images_that_are_not_here_are_listed_and_chosen_as_if_they_were(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\n" + "".join(f"{number}.jpg,{number}\n" for number in range(20)))
    elsewhere = contents_elsewhere(tmp_path, {f"{number}.jpg": 1 for number in range(20)})
    chosen = [sample.name for sample in load(elsewhere, None, 5)]
    for number in range(20):
        (tmp_path / f"{number}.jpg").write_bytes(b"x")

    assert chosen == [sample.name for sample in load(tmp_path, None, 5)]


def test_an_image_that_the_service_would_not_take_is_known_before_it_is_brought(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\n0.jpg,0\n")

    with pytest.raises(ModelError, match=r"0\.jpg: 20,000,000 bytes, the service takes 10,485,760 at most"):
        load(contents_elsewhere(tmp_path, {"0.jpg": 20_000_000}), None, 0)


def test_of_json_lines_one_row_is_held_at_a_time(tmp_path: Path) -> None:
    count = 1000  # against which a megabyte that other threads of the process take is little
    line = json.dumps({"input": ROW, "value": 1.0})
    (tmp_path / "samples.jsonl").write_text(line)
    load(tmp_path, contract("regression", "tensors"), 0)  # what is imported for it isn't measured
    (tmp_path / "samples.jsonl").write_text("\n".join([line] * count))
    tracemalloc.start()
    try:
        samples = load(tmp_path, contract("regression", "tensors"), 0)
        assert {len(json.loads(sample.body)["instances"][0]) for sample in samples} == {len(ROW)}
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(samples) == count
    assert most < count * len(line) / 2
