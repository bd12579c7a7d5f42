import json
from pathlib import Path

import pytest

from config.errors import ModelError
from scoring.contract import Contract, Tensor
from steps.validation.samples.bodies import files_of, read_bodies
from steps.validation.samples.checking import check_samples
from steps.validation.samples.loading import load
from tests.unit.steps.validation.contracts import contract

NAMED = (Tensor(name="age", dtype="int64", shape=(None,)), Tensor(name="city", dtype="string", shape=(None,)))
LINES = {
    "classification": (
        {"input": [1, 2], "label": "b"},
        contract("classification", "tensors", labels=("a", "b", "c")),
        1,
    ),
    "multilabel": ({"input": "hi", "labels": ["c", 0]}, contract("multilabel", "text", labels=("a", "b", "c")), [0, 2]),
    "no label": ({"input": "hi", "labels": []}, contract("multilabel", "text"), []),
    "binary": ({"input": "hi", "label": True}, contract("binary", "text"), 1),
    "regression": ({"input": {"age": 41, "city": "Ghent"}, "value": 3}, contract("regression", "tensors", NAMED), 3.0),
    "values": ({"input": [1, 2], "values": [1, 2.5]}, contract("regression", "tensors"), [1.0, 2.5]),
    "tensors": ({"input": [1, 2], "outputs": {"y": [0, 1]}}, contract("tensors", "tensors"), {"y": [0, 1]}),
    "only output": ({"input": [1, 2], "outputs": [0, 1]}, contract("tensors", "tensors"), {"y": [0, 1]}),
}


def write(folder: Path, *lines: object) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "samples.jsonl").write_text("\n".join(texts) + "\n")
    return folder


@pytest.mark.parametrize(("line", "of", "truth"), LINES.values(), ids=LINES)
def test_a_line_is_a_request_and_its_truth(
    tmp_path: Path, line: dict[str, object], of: Contract, truth: object
) -> None:
    (sample,) = load(write(tmp_path, "", line), of, 0)
    assert (sample.name, sample.truth) == ("samples.jsonl:2", truth)
    assert json.loads(sample.body) == {"instances": [line["input"]]}


@pytest.mark.parametrize(
    ("line", "of", "message"),
    [
        ("{", contract("binary", "text"), "line 1: not JSON: Expecting property name"),
        ("[1]", contract("binary", "text"), 'line 1: must be an object with "input"'),
        ({"input": "hi"}, contract("binary", "text"), "must say what the model should answer, here are 0"),
        ({"input": "hi", "label": 1, "value": 1}, contract("binary", "text"), "here are 2"),
        ({"input": "hi", "lable": 1}, contract("binary", "text"), "an unknown key 'lable'"),
        (
            {"input": "hi", "value": 1},
            contract("binary", "text"),
            "value is given, but this task's truth is said by label",
        ),
        ({"input": "hi", "label": 2}, contract("binary", "text"), "label 2: the model has 2 classes, 0 to 1"),
        ({"input": "hi", "label": "yes"}, contract("binary", "text", labels=("nay", "yea")), "nearest: yea"),
        ({"input": "hi", "label": 1.5}, contract("classification", "text"), "label 1.5 must be a class's name or its"),
        ({"input": "hi", "value": "much"}, contract("regression", "text"), "'much' must be a number, as in 12.5"),
        ({"input": "hi", "value": True}, contract("regression", "text"), "'True' must be a number"),
        ('{"input": [NaN, 1], "value": 1}', contract("regression", "tensors"), "NaN is no number of JSON"),
        ('{"input": [1e999, 1], "value": 1}', contract("regression", "tensors"), "line 1: 1e999 is too great a number"),
        ({"input": [1, 2], "outputs": {"z": 1}}, contract("tensors", "tensors"), "no output 'z'; it has y"),
        ("[" * 5000, contract("tensors", "tensors"), "line 1: lists or objects are nested deeper than 64 levels"),
    ],
)
def test_a_wrong_line_is_named_with_its_mend(tmp_path: Path, line: object, of: Contract, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        load(write(tmp_path, line), of, 0)
    assert message in str(caught.value)


def test_all_wrong_lines_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        load(write(tmp_path, *[" " * place + "{" for place in range(12)]), contract("binary", "text"), 0)
    assert [line[:40] for line in str(caught.value).splitlines()][-1] == "and 2 more"


def test_images_are_not_asked_about_by_json(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"takes images, not JSON: put a labels\.csv beside them"):
        load(write(tmp_path, {"input": 1, "label": 1}), None, 0)


def test_rows_are_not_labelled_by_a_csv(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\n")
    with pytest.raises(ModelError, match=r"takes text, so its samples are lines of a samples\.jsonl, not labels\.csv"):
        load(tmp_path, contract("binary", "text"), 0)


def test_bodies_are_read_again_by_the_names_of_their_samples(tmp_path: Path) -> None:
    lines = [{"input": f"text {number}", "label": number % 2} for number in range(9)]
    samples = load(write(tmp_path, *lines), contract("binary", "text"), 4)
    names = [sample.name for sample in samples]
    assert files_of(names) == ["samples.jsonl"]
    assert read_bodies(tmp_path, names) == [sample.body for sample in samples]
    with pytest.raises(ModelError, match=r"samples\.jsonl line 77: holds no sample any more"):
        read_bodies(tmp_path, ["samples.jsonl:77"])


def test_half_a_character_is_no_text(tmp_path: Path) -> None:
    lone, whole = r'{"input": "half \ud83d emoji", "label": 1}', r'{"input": "\ud83d\ude00 \\ud83d", "label": 1}'
    write(tmp_path, whole, lone, r'{"input": {"\uDE00": "x"}, "label": 1}')
    with (tmp_path / "samples.jsonl").open("ab") as file:
        file.write(b'{"input": "\xed\xa0\xbd", "label": 1}\n')

    assert check_samples(tmp_path, contract("binary", "text")) == [
        f"{tmp_path.name}/samples.jsonl line {line}: {half} is half a character: write both halves, or the character"
        for line, half in ((2, r"\ud83d"), (3, r"\ude00"), (4, r"\ud83d"))
    ]
