from pathlib import Path

import pytest
from pydantic import JsonValue

from scoring.contract import Contract
from steps.validation.report.wording import LONGEST, NO_ANSWER, Wording, wording_of
from steps.validation.samples.contents import contents_of
from tests.unit.steps.validation.contracts import contract

NAMES = ("cat", "dog", "fox")


@pytest.mark.parametrize(
    ("wording", "value", "said"),
    [
        (Wording(names=NAMES), 1, "dog"),
        (Wording(), 1, "1"),
        (Wording(names=NAMES), 7, "7"),
        (Wording(names=NAMES), "wolf", "wolf"),
        (Wording(names=NAMES), None, NO_ANSWER),
        (Wording("multilabel", NAMES), [0, 2], "cat, fox"),
        (Wording("multilabel", NAMES), [], "none"),
        (Wording("binary", ("no", "yes")), 1, "yes"),
        (Wording("regression", unit="kg"), 12.34567, "12.35 kg"),
        (Wording("regression"), [1.0, -2.5], "1, -2.5"),
        (Wording("tensors"), {"y": [1, 2.00000001]}, '{"y": [1, 2.0]}'),
    ],
)
def test_values_are_said_in_the_terms_of_their_task(wording: Wording, value: JsonValue, said: str) -> None:
    assert wording.of(value) == said


def test_of_several_classes_each_has_its_probability() -> None:
    assert Wording("multilabel", NAMES).of([0, 2], (0.9, 0.512)) == "cat 0.90, fox 0.51"


@pytest.mark.parametrize("kind", ["multilabel", "regression", "tensors"])
def test_what_is_long_is_cut(kind: str) -> None:
    assert len(Wording(kind).of([*range(10_000)])) == LONGEST  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("of", "names"),
    [
        (None, ["ant", "bee", "cow"]),  # nothing else is known: its folders number its classes
        (contract("classification"), ["ant", "bee", "cow"]),
        (contract("classification", labels=NAMES), NAMES),
        (contract("binary"), ()),  # of two classes, not three
    ],
)
def test_folders_name_classes_that_have_no_other_name(tmp_path: Path, of: Contract | None, names: list[str]) -> None:
    for name in ("cow", "ant", "bee"):
        (tmp_path / name).mkdir()

    assert list(wording_of(of, contents_of(tmp_path)).names) == list(names)


def test_without_folders_classes_have_numbers(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\n")

    assert wording_of(None, contents_of(tmp_path)).of(2) == "2"
