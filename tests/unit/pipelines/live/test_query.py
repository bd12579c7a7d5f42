import json
from pathlib import Path

import pytest

from config.errors import AmlGpuError
from pipelines.live.query import body_of, is_json


@pytest.mark.parametrize(
    ("name", "content", "body"),
    [
        ("a.jpg", b"\xff\xd8", None),
        ("a.json", b'{"instances": [[1], [2]]}', None),
        ("a.json", b'{"inputs": {"x": [1]}}', None),
        ("a.json", b"[1, 2]", {"instances": [[1, 2]]}),
        ("a.JSON", b'{"age": 41}', {"instances": [{"age": 41}]}),
        ("a.txt", "zwölf\n".encode(), {"instances": ["zwölf"]}),
    ],
)
def test_a_file_is_asked_about_by_its_kind(tmp_path: Path, name: str, content: bytes, body: object) -> None:
    (tmp_path / name).write_bytes(content)
    asked = body_of(str(tmp_path / name))
    assert asked == content if body is None else json.loads(asked) == body


@pytest.mark.parametrize(("name", "content"), [("a.json", b"{"), ("a.json", b"[NaN]"), ("a.txt", b"\xff")])
def test_a_file_that_is_not_what_its_name_says_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AmlGpuError, match=rf"{name}: not what its name says"):
        body_of(str(tmp_path / name))


def test_one_line_of_json_lines_is_asked_about_as_predict_does(tmp_path: Path) -> None:
    (tmp_path / "samples.jsonl").write_text('{"input": [1], "label": 0}\n{"input": [2], "label": 1}\n')
    assert json.loads(body_of(f"{tmp_path}/samples.jsonl:2")) == {"instances": [[2]]}
    assert is_json(f"{tmp_path}/samples.jsonl:2")
    with pytest.raises(AmlGpuError, match=r"samples.jsonl line 3: holds no sample"):
        body_of(f"{tmp_path}/samples.jsonl:3")
