import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from scoring.contract import Contract, Tensor
from steps.validation.samples.checking import check_samples
from steps.validation.samples.loading import shortened
from steps.validation.samples.summary import Labels, summary
from tests.unit.steps.validation.contracts import contract

TWO = (Tensor(name="a", dtype="float32", shape=(None, 2)), Tensor(name="b", dtype="string", shape=(None,)))

ONE = (Tensor(name="age", dtype="float32", shape=(None, 1)),)


def picture(kind: str, side: int = 32) -> bytes:
    written = io.BytesIO()
    Image.effect_noise((side, side), 80).save(written, kind)
    return written.getvalue()


JPEG = picture("JPEG")


def images(folder: Path, labels: str, **files: bytes) -> Path:
    (folder / "labels.csv").write_text(labels)
    for name, content in files.items():
        (folder / f"{name}.jpg").write_bytes(content)
    return folder


def rows(folder: Path, *inputs: object) -> Path:
    lines = [json.dumps({"input": one, "value": 1}) for one in inputs]
    (folder / "samples.jsonl").write_text("\n".join(lines))
    return folder


def test_good_data_has_no_problem(tmp_path: Path) -> None:
    folder = images(tmp_path, "file,label\na.jpg,cat\nb.jpg,2\n", a=JPEG, b=JPEG)
    assert check_samples(folder, contract("classification", labels=("ape", "bee", "cat")), minimum=2) == []


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    folder = images(
        tmp_path, "file,label\na.jpg,5\nb.jpg,bea\nc.jpg,1\nd.jpg,1\nno.jpg,1\n", a=JPEG, b=JPEG, c=b"GIF89a", d=b""
    )
    found = check_samples(folder, contract("classification", labels=("ape", "bee", "cat")), minimum=100)
    told = [
        "labels.csv line 6: no.jpg is not in the folder: add it, or remove the line",
        "labels.csv line 2: label 5: the model has 3 classes, 0 to 2",
        "labels.csv line 3: label 'bea' is none of the 3 classes; nearest: bee, …",
        "c.jpg: neither JPEG nor PNG, which is what the service takes: convert it",
        "d.jpg: an empty file",
    ]
    assert [line.removeprefix(f"{folder.name}/") for line in found[:5]] == told
    assert "4 samples, validation.minimum_samples asks for 100" in found[5]


def test_where_no_sample_can_be_read_their_number_is_not_told_too(tmp_path: Path) -> None:
    folder = images(tmp_path, "file,label\nno.jpg,1\n")
    found = check_samples(folder, contract("classification", labels=("ape", "bee", "cat")), minimum=100)
    assert [line.removeprefix(f"{folder.name}/") for line in found] == [
        "labels.csv line 2: no.jpg is not in the folder: add it, or remove the line"
    ]


def test_a_folder_of_another_kind_is_one_problem(tmp_path: Path) -> None:
    assert [line.partition(": ")[2][:19] for line in check_samples(tmp_path, None)] == ["no labels.csv in it"]


@pytest.mark.parametrize(
    ("row", "of", "problem"),
    [
        ([1, 2], contract("regression", "tensors"), None),
        ({"x": [1, 2]}, contract("regression", "tensors"), None),
        ({"a": [1, 2], "b": {"b64": "aGk="}}, contract("regression", "tensors", TWO), None),
        ([1, 2, 3], contract("regression", "tensors"), "input 'x' has the shape [3], the model takes [2]"),
        ([[1], [1, 2]], contract("regression", "tensors"), "input 'x' is ragged"),
        (["a", "b"], contract("regression", "tensors"), "input 'x' is of texts, the model takes float32"),
        (7, contract("regression", "text"), "input 'x' is of numbers, the model takes string"),
        ({"a": [1, 2]}, contract("regression", "tensors", TWO), "input lacks b"),
        ({"a": [1, 2], "c": 1}, contract("regression", "tensors", TWO), "the model has no input 'c'; it has a, b"),
        ({"A": 1}, contract("regression", "tensors", TWO), "the model has no input 'A'; it has a, b; nearest: a"),
        (
            0.95,
            contract("regression", "tensors", ONE),
            "input 'age' has the shape [], the model takes [1]: write [0.95]",
        ),
        ([1, 2], contract("regression", "tensors", TWO), "input must be an object by name: a, b"),
    ],
)
def test_rows_are_held_against_the_signature(tmp_path: Path, row: object, of: Contract, problem: str | None) -> None:
    found = check_samples(rows(tmp_path, row), of)
    assert [line.partition("line 1: ")[2][: len(problem or "")] for line in found] == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("labels", "kind", "names", "highest"),
    [
        ("a.jpg,3\nb.jpg,0\n", "numbers", (), 3),
        ("a.jpg,cat\nb.jpg,ape\n", "names", ("ape", "cat"), None),
        ("a.jpg,cat|ape\nb.jpg,ape\n", "several", ("ape", "cat"), None),
        ("a.jpg,1.5\nb.jpg,-2\n", "values", (), None),
    ],
)
def test_a_summary_says_what_kind_of_labels_there_are(
    tmp_path: Path, labels: str, kind: Labels, names: tuple[str, ...], highest: int | None
) -> None:
    found = summary(images(tmp_path, f"file,label\n{labels}", a=JPEG, b=JPEG))
    assert (found.layout, found.count) == ("labels.csv", 2)
    assert (found.labels, found.names, found.highest) == (kind, names, highest)


def test_nothing_of_it_needs_tensorflow(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from steps.validation.samples.checking import check_samples\n"
        "from steps.validation.samples.summary import summary; folder = Path(sys.argv[1])\n"
        "print(check_samples(folder, None), summary(folder).count, 'tensorflow' in sys.modules)"
    )
    folder = images(tmp_path, "file,label\na.jpg,1\n", a=JPEG)
    root = Path(__file__).parents[5]
    done = subprocess.run(
        [sys.executable, "-c", program, folder], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.stdout == "[] 1 False\n", done.stderr


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_truncated_image_is_told_by_its_name_and_hidden_by_no_other(tmp_path: Path, kind: str) -> None:
    whole = picture(kind)
    cut = whole[: len(whole) // 2]
    labels = "file,label\na.jpg,1\nb.jpg,1\nc.jpg,1\nd.jpg,0\n"
    folder = images(tmp_path, labels, a=cut, b=b"", c=cut, d=whole)
    found = check_samples(folder, contract("classification"))
    assert [line.removeprefix(f"{folder.name}/")[:27] for line in found] == [
        "a.jpg: can't be decoded, it", "b.jpg: an empty file", "c.jpg: can't be decoded, it"
    ]  # fmt: skip


def test_of_the_first_image_the_inside_counts_too_and_what_follows_the_end_never_does(tmp_path: Path) -> None:
    whole = picture("PNG")
    damaged = whole[:60] + bytes(100) + whole[160:]
    folder = images(tmp_path, "file,label\na.jpg,1\nb.jpg,1\n", a=damaged, b=picture("JPEG") + bytes(5000))
    (found,) = check_samples(folder, contract("classification"))
    assert "a.jpg: can't be decoded" in found


def test_one_misspelled_name_is_told_instead_of_every_line(tmp_path: Path) -> None:
    names = ["circle", "column", "square"] * 3 + ["colums"]
    lines = [f"{place}.jpg,{name}\n" for place, name in enumerate(names)]
    folder = images(tmp_path, "".join(["file,label\n", *lines]), **{str(place): JPEG for place in range(len(names))})
    (found,) = check_samples(folder, contract("classification"))
    assert (
        "4 names of classes (circle, column, colums, square), but the model has 3 classes: colums occurs once" in found
    )
    assert "(column?): mend it, or write the names of all 3" in found

    rows = tmp_path / "rows"
    rows.mkdir()
    said = [*["negative", "positive"] * 4, "positiv"]
    (rows / "samples.jsonl").write_text("".join(json.dumps({"input": "a", "label": one}) + "\n" for one in said))
    (found,) = check_samples(rows, contract("binary", "text"))
    assert "the model has 2 classes: positiv occurs once (positive?): mend it, or" in found


def test_names_that_nobody_ordered_are_one_problem(tmp_path: Path) -> None:
    folder = images(tmp_path, "file,label\na.jpg,cat\nb.jpg,ape\nc.jpg,bee\n", a=JPEG, b=JPEG, c=JPEG)
    (found,) = check_samples(folder, contract("classification"))
    assert "3 names of classes (ape, bee, cat), and nothing says which of the model's classes each is" in found


@pytest.mark.parametrize(
    ("line", "of", "example"),
    [
        ({"text": "a"}, contract("binary", "text"), '{"input": "a text", "label": 0}'),
        (
            {"age": 41},
            contract("regression", "tensors", TWO),
            '{"input": {"a": [0.5, 0.5], "b": "a text"}, "value": 12.5}',
        ),
        ({"x": 1}, contract("tensors", "tensors"), '{"input": [0.5, 0.5], "outputs": {"y": [0.5, 0.5]}}'),
    ],
)
def test_lines_of_another_form_are_one_message_with_the_models_own(
    tmp_path: Path, line: object, of: Contract, example: str
) -> None:
    (tmp_path / "samples.jsonl").write_text((json.dumps(line) + "\n") * 12)
    told = shortened(check_samples(tmp_path, of))
    assert told == (f'{tmp_path.name}/samples.jsonl line 1: must be an object with "input", as in {example} (12 lines)')


def test_what_macos_adds_to_a_zip_file_is_no_data(tmp_path: Path) -> None:
    for name in ("ape/a.jpg", "bee/b.jpg", "ape/._a.jpg", "__MACOSX/ape/._a.jpg"):
        (tmp_path / "folders" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folders" / name).write_bytes(b"\0\5\26\7" if "._" in name else JPEG)
    found = summary(tmp_path / "folders")
    assert (found.names, found.count) == (("ape", "bee"), 2)
    rows(tmp_path, [1, 2])
    (tmp_path / "._samples.jsonl").write_bytes(b"\0\5\26\7")
    assert check_samples(tmp_path, contract("regression", "tensors")) == []
