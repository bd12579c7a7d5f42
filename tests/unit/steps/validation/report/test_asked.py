import json
from pathlib import Path

from PIL import Image

from steps.validation.report.asked import read_asked
from steps.validation.report.wording import LONGEST


def test_images_become_pictures_and_rows_text(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "cats" / "1.png")
    rows = [{"input": {"age": 4.000000001, "name": "Éva"}, "label": 0}, {"input": "never again", "label": 1}]
    (tmp_path / "a.jsonl").write_text("\n\n".join(map(json.dumps, rows)), encoding="utf-8")

    asked = read_asked(tmp_path, ["cats/1.png", "a.jsonl:1", "a.jsonl:3"])

    assert (asked["cats/1.png"].picture or "").startswith("data:image/jpeg;base64,")
    assert asked["a.jsonl:1"].text == '{"age": 4.0, "name": "Éva"}'
    assert asked["a.jsonl:3"].text == "never again"


def test_what_is_long_is_cut(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"input": [1.5] * 10**5, "value": 1}))

    assert len(read_asked(tmp_path, ["a.jsonl:1"])["a.jsonl:1"].text) == LONGEST


def test_what_can_not_be_read_is_said_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    (tmp_path / "a.jsonl").write_text("no JSON\n")
    names = ["torn.jpg", "gone.jpg", "a.jsonl:1", "a.jsonl:9", "gone.jsonl:1"]

    asked = read_asked(tmp_path, names)

    assert list(asked) == names
    assert all(one.picture is None and one.text for one in asked.values())
