"""Which task an output is for, by what is known of it."""

import pytest

from config.sections.contract import Task as Wish
from scoring.contract import Task, TaskKind, Tensor
from steps.registration.contract.findings import Signature
from steps.registration.contract.graph.hints import Hints
from steps.registration.contract.inference.answers import Evidence, infer_task
from steps.registration.contract.inference.meanings import Seen
from steps.registration.contract.inference.notes import Notes

X = Tensor(name="x", dtype="float32", shape=(None, 3))


def infer(
    outputs: dict[str, tuple[int | None, ...]],
    wish: Wish | None = None,
    last: dict[str, str] | None = None,
    seen: dict[str, Seen] | None = None,
    dtype: str = "float32",
) -> tuple[Task | None, int | None, Notes]:
    tensors = tuple(Tensor(name=name, dtype=dtype, shape=shape) for name, shape in outputs.items())
    notes = Notes()
    signature = Signature(key="serving_default", inputs=(X,), outputs=tensors)
    task, count = infer_task(signature, Hints(last=last or {}), wish or Wish(), (), Evidence(seen or {}), notes)
    return task, count, notes


@pytest.mark.parametrize(
    ("shape", "last", "kind", "count"),
    [
        ((None, 4), "Softmax", "classification", 4),
        ((None, 4), "Sigmoid", "multilabel", 4),
        ((None, 1), "Sigmoid", "binary", 2),
        ((None,), "Sigmoid", "binary", 2),
    ],
)
def test_the_last_operation_tells(shape: tuple[int | None, ...], last: str, kind: str, count: int) -> None:
    task, found, notes = infer({"y": shape}, last={"y": last})
    assert task is not None
    assert (task.kind, task.logits, found) == (kind, False, count)
    assert not notes.questions


@pytest.mark.parametrize(
    ("shape", "last"), [((None, 1), "Softmax"), ((None, 4), "BiasAdd"), ((None,), "Mean"), ((None, 2), None)]
)
def test_what_nothing_tells_is_asked(shape: tuple[int | None, ...], last: str | None) -> None:
    task, _, notes = infer({"y": shape}, last={"y": last} if last else {})
    assert task is None
    assert [question.where for question in notes.questions] == ["output y"]


def test_rows_that_sum_to_1_on_a_probe_are_probabilities() -> None:
    task, count, notes = infer({"y": (None, None)}, seen={"y": Seen((2, 5), unit=True, sums=True)})
    assert task is not None
    assert (task.kind, task.logits, count) == ("classification", False, 5)
    assert task.outputs[0].shape == (None, 5)
    assert "the output's rows sum to 1 on a probe" in [fact.how for fact in notes.facts]


def test_an_output_of_unknown_rank_has_the_rank_that_came_back() -> None:
    task, _, _ = infer({"y": ()}, last={"y": "Softmax"}, seen={"y": Seen((2, 5), unit=True, sums=True)})
    assert task is not None
    assert task.outputs[0].shape == (None, 5)


@pytest.mark.parametrize("kind", ["tensors", "regression"])
@pytest.mark.parametrize(("declared", "expected"), [((None, None), (None, None)), ((), (None, None))])
def test_a_size_that_may_follow_the_request_stays_free(
    kind: TaskKind, declared: tuple[int | None, ...], expected: tuple[int | None, ...]
) -> None:
    """Boxes of an image, samples of a sound: what the first probe had says nothing of the next."""
    task, _, _ = infer({"y": declared}, Wish(kind=kind), seen={"y": Seen((2, 5))})
    assert task is not None
    assert task.outputs[0].shape == expected


def test_a_classifier_of_values_beyond_0_to_1_gives_logits() -> None:
    task, _, _ = infer({"y": (None, 5)}, Wish(kind="classification"), seen={"y": Seen((2, 5))})
    assert task is not None
    assert task.logits


def test_a_classifier_of_values_that_could_be_either_is_asked_about() -> None:
    _, _, notes = infer({"y": (None, 5)}, Wish(kind="classification"), seen={"y": Seen((2, 5), unit=True)})
    assert "`task: {kind: classification, logits: true}`" in notes.questions[0].mend


def test_of_several_outputs_the_one_that_tells_answers() -> None:
    task, _, _ = infer({"embedding": (None, 64), "scores": (None, 5)}, last={"scores": "Softmax"})
    assert task is not None
    assert task.outputs[0].name == "scores"


def test_of_several_that_tell_the_one_called_probabilities_answers() -> None:
    task, _, _ = infer(
        {"auxiliary": (None, 5), "probabilities": (None, 5)}, last={"auxiliary": "Softmax", "probabilities": "Softmax"}
    )
    assert task is not None
    assert task.outputs[0].name == "probabilities"


@pytest.mark.parametrize(
    ("shape", "kind"), [((None, 4), "binary"), ((None, 1), "classification"), ((None, 3, 3), "regression")]
)
def test_a_task_that_no_output_suits_is_refused(shape: tuple[int | None, ...], kind: str) -> None:
    task, _, notes = infer({"y": shape}, Wish.model_validate({"kind": kind}))
    assert task is None
    assert [obstacle.where for obstacle in notes.obstacles] == ["task.kind"]


@pytest.mark.parametrize(("last", "logits"), [("Softmax", False), ("BiasAdd", True)])
def test_two_values_are_yes_or_no_where_that_is_said(last: str, logits: bool) -> None:
    wish, beyond = Wish(kind="binary"), Seen((2, 2), unit=not logits)
    task, count, notes = infer({"y": (None, 2)}, wish, last={"y": last}, seen={"y": beyond})
    assert task is not None
    assert (task.kind, task.logits, count) == ("binary", logits, 2)
    assert not notes.obstacles


def test_tensors_are_answered_whatever_they_are() -> None:
    task, count, notes = infer({"a": (None, 3, 3), "b": (None,)}, Wish(kind="tensors"), dtype="int32")
    assert task is not None
    assert [output.name for output in task.outputs] == ["a", "b"]
    assert count is None
    assert not notes.obstacles


def test_more_of_the_likeliest_than_there_are_classes_is_refused() -> None:
    _, _, notes = infer({"y": (None, 3)}, Wish(top_k=5), last={"y": "Softmax"})
    assert [obstacle.mend for obstacle in notes.obstacles] == ["Write at most 3."]


def test_whether_an_output_of_unknown_rank_suits_is_asked_where_no_run_told() -> None:
    _, _, notes = infer({"y": ()})
    assert not notes.obstacles
    assert [question.where for question in notes.questions] == ["the outputs"]


@pytest.mark.parametrize("kind", ["tensors", "classification", None])
def test_complex_numbers_are_refused_whatever_is_said(kind: TaskKind | None) -> None:
    """The mend is the last one: what it says to write isn't refused for the same reason."""
    _, _, notes = infer({"y": (None, 5)}, Wish(kind=kind), dtype="complex64")
    (obstacle,) = notes.obstacles
    assert (obstacle.where, obstacle.what) == ("output y", "It is complex64, and JSON has no complex numbers.")
    assert "tf.math.imag" in obstacle.mend
