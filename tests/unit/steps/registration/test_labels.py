from pathlib import Path

import pytest

from config.errors import ConfigError
from config.settings import Task
from steps.registration.labels import read_label_names


def read(folder: Path, content: bytes | None) -> tuple[str, ...]:
    if content is not None:
        (folder / "names.txt").write_bytes(content)
    return read_label_names(Task(labels="names.txt"), {"AMLGPU_CONFIG": str(folder)})


def test_no_file_is_no_names() -> None:
    assert read_label_names(Task(), {}) == ()


@pytest.mark.parametrize("content", [b"cat\ndog\n", b"\xef\xbb\xbfcat\r\n dog \r\n", b"cat\ndog"])
def test_one_name_a_line(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content) == ("cat", "dog")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"task\.labels=names\.txt: .*names\.txt can't be read: No such file"),
        (b"", "is empty: write the name of a class on each line"),
        (b"cat\n\ndog\n", "line 2 is empty"),
        (b"cat\ndog\ncat\n", "lines 1 and 3 are both 'cat'"),
        (b"caf\xe9\n", "isn't UTF-8"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(tmp_path, content)
