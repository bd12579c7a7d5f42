"""What is taken of a folder of the user's, and what is told rather than left out."""

import os
import socket
from pathlib import Path

import pytest

from config.errors import ModelError
from steps.folders.tree import files_in, read_tree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    for name in ("saved_model.pb", "variables/data", "assets/words.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


FILES = {"saved_model.pb", "variables/data", "assets/words.txt"}


def problems(folder: Path) -> list[str]:
    return [str(problem) for problem in read_tree(folder).problems]


def test_links_are_followed_inside(folder: Path) -> None:
    (folder / "again.pb").symlink_to("saved_model.pb")
    (folder / "vocabulary").symlink_to(folder / "assets")
    (folder / "assets" / "twice").symlink_to("../variables")

    found = files_in(folder)

    more = {"again.pb", "vocabulary/words.txt", "assets/twice/data", "vocabulary/twice/data"}
    assert found.keys() == FILES | more
    assert found["vocabulary/twice/data"].read_text() == "variables/data"


def test_a_folder_that_is_a_link_itself_is_taken(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to(folder)
    (folder / "again.pb").symlink_to("saved_model.pb")
    assert files_in(tmp_path / "current").keys() == FILES | {"again.pb"}


def test_links_that_lead_out_are_named_with_where_to(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "model-elsewhere").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "assets" / "all").symlink_to(tmp_path / "model-elsewhere")
    (folder / "secret.txt").symlink_to("../secret.txt")
    mend = "put in its place what it leads to (cp -rL copies so), or remove it"

    assert problems(folder) == [
        f"assets/all is a link that leads out of the folder, to {tmp_path}/model-elsewhere: {mend}",
        f"secret.txt is a link that leads out of the folder, to {tmp_path}/secret.txt: {mend}",
    ]
    with pytest.raises(ModelError, match=r"^model: assets/all is a link .*\nmodel: secret\.txt is a link "):
        files_in(folder)


def test_circles_end_and_are_named(folder: Path) -> None:
    (folder / "self").symlink_to("self")
    (folder / "assets" / "up").symlink_to("..")
    (folder / "assets" / "side").symlink_to("../variables")
    (folder / "variables" / "back").symlink_to("../assets")

    found = problems(folder)

    assert "self is a link that leads back to itself: remove it" in found
    assert "assets/up is a link to a folder that it lies in: remove it" in found
    assert "assets/side/back is a link to a folder that it lies in: remove it" in found


def test_an_editors_lock_is_passed_over_and_any_other_dead_link_named(folder: Path) -> None:
    (folder / "assets" / ".#words.txt").symlink_to("somebody@host.1234:5678")
    (folder / "gone").symlink_to("somewhere")

    assert problems(folder) == ["gone is a link to what isn't there: remove it, or bring what it leads to"]


def test_what_is_no_file_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "linked pipe").symlink_to("pipe")
    monkeypatch.chdir(folder)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")

    assert problems(folder) == [
        "linked pipe is a link to what is neither a file nor a folder: remove it",
        "pipe is neither a file nor a folder: remove it",
        "socket is neither a file nor a folder: remove it",
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_may_not_be_read_is_named(folder: Path) -> None:
    (folder / "assets").chmod(0)
    try:
        assert problems(folder) == [
            "assets can't be read (Permission denied): let yourself read it (chmod), or remove it"
        ]
    finally:
        (folder / "assets").chmod(0o700)


def test_names_are_told_in_one_line(folder: Path) -> None:
    (folder / "two\nlines").symlink_to("nowhere")
    (folder / os.fsdecode(b"\xff")).symlink_to("nowhere")

    assert [problem.split(" is ")[0] for problem in problems(folder)] == [r"'two\nlines'", r"'\udcff'"]


def test_what_is_left_out_is_not_looked_at(folder: Path) -> None:
    (folder / "assets" / "gone").symlink_to("nowhere")
    tree = read_tree(folder, lambda name: name == "assets")
    assert tree.files.keys() == FILES - {"assets/words.txt"}
    assert not tree.problems


def test_what_links_multiply_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steps.folders.tree.MOST", 1000)
    for level in range(20):
        (tmp_path / str(level)).mkdir()
        for name in ("a", "b"):
            (tmp_path / str(level) / name).symlink_to(f"../{level + 1}")
    (tmp_path / "20").mkdir()
    with pytest.raises(ModelError, match="it holds more than 1,000 files and folders: give one with fewer"):
        files_in(tmp_path)


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    assert files_in(tmp_path / "nothing") == {}
