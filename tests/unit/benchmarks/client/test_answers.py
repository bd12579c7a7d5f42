import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPMessage
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.serving import ROOT, models, rounds
from benchmarks.serving.client.answers import judge, parity, recognised, refusal, same
from benchmarks.serving.client.load import Load
from benchmarks.serving.client.wires import OUR_WIRES, RawJpeg
from benchmarks.serving.models import CLASSES, BenchmarkModel, Expected, make, read_answers
from benchmarks.serving.report.results import Results
from benchmarks.serving.samples import COUNT, images
from benchmarks.serving.servers import services
from benchmarks.serving.servers.peers import UnavailableError
from benchmarks.serving.servers.services import Service, serve
from scoring.scorer import open_scorer
from scoring.settings import ServiceSettings
from steps.validation.parity import Parity

Matrix = npt.NDArray[np.float32]


def answered(vectors: Matrix) -> list[Expected]:
    return [Expected(int(row.argmax()), float(row.max()), row) for row in vectors]


def softmax(values: Any) -> Matrix:
    powers = np.exp(values)
    rows: Matrix = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return rows


@pytest.fixture
def original() -> Matrix:
    """A vector an image: all have the same two best classes, nearly tied in image 5."""
    values = np.random.default_rng(1).normal(0, 0.3, (COUNT, CLASSES))
    values[:, 7], values[:, 9] = 6.2, 6.0
    values[5, 9] = 6.199
    return softmax(values)


@pytest.fixture
def rounded(original: Matrix) -> Matrix:
    """What 16 bits make of it: image 5 gets the other class."""
    vectors = original * np.random.default_rng(2).uniform(0.99, 1.01, original.shape).astype(np.float32)
    vectors[5, [7, 9]] = original[5, [9, 7]]
    return vectors


def test_an_answer_is_right_up_to_rounding() -> None:
    vector = np.zeros(CLASSES, np.float32)
    assert same(Expected(1, 0.51, vector), Expected(1, 0.5, vector), 0.02)
    assert not same(Expected(1, 0.6, vector), Expected(1, 0.5, vector), 0.02)
    assert not same(Expected(2, 0.5, vector), Expected(1, 0.5, vector), 0.02)


def test_every_value_of_an_answer_counts() -> None:
    vector, other = np.array([0.6, 0.4, 0.0], np.float32), np.array([0.6, 0.0, 0.4], np.float32)
    assert not same(Expected(0, 0.6, vector), Expected(0, 0.6, other))


def test_a_row_too_few_is_refused(original: Matrix) -> None:
    assert (
        refusal(answered(original[1:]), answered(original), "float32")
        == f"gave {COUNT - 1} answers for {COUNT} samples"
    )


def test_one_flipped_class_ends_a_float32_service_only(original: Matrix, rounded: Matrix) -> None:
    served, expected = answered(rounded), answered(original)

    assert refusal(served, expected, "float32") == f"gave a wrong answer for 1 of {COUNT} samples"
    assert refusal(served, expected, "bfloat16") is None
    assert parity(served, expected).agreement == 1 - 1 / COUNT


@pytest.mark.parametrize("wrong", ["a constant", "another image's", "noise", "uniform", "not numbers"])
def test_what_is_not_the_models_work_is_refused_in_16_bits_too(original: Matrix, wrong: str) -> None:
    vectors = {
        "a constant": np.repeat(original[:1], COUNT, axis=0),
        "another image's": np.roll(original, 1, axis=0),
        "noise": softmax(np.random.default_rng(3).normal(0, 1, original.shape)),
        "uniform": np.full_like(original, 1 / CLASSES),
        "not numbers": np.full_like(original, np.nan),
    }[wrong]

    assert refusal(answered(vectors), answered(original), "bfloat16")


def test_half_of_the_answers_must_be_the_models(original: Matrix) -> None:
    half = np.concatenate([original[: COUNT // 2], np.roll(original[COUNT // 2 :], 1, axis=0)])
    assert recognised([*half], [*original]) == 0.5
    assert refusal(answered(half), answered(original), "bfloat16") is None

    half[0] = half[1]
    assert refusal(answered(half), answered(original), "bfloat16") == (
        "gave answers of which only 48% resemble the model's own"
    )


def test_an_answer_names_its_most_probable_class(original: Matrix) -> None:
    served = answered(original)
    served[0] = Expected(3, served[0].probability, served[0].probabilities)

    assert str(refusal(served, answered(original), "bfloat16")).endswith(f"for 1 of {COUNT} samples")


def test_an_exact_tie_may_be_named_either_way(original: Matrix) -> None:
    original[5, 9] = original[5, 7]
    served = answered(original)
    served[5] = Expected(9, served[5].probability, served[5].probabilities)

    assert refusal(served, answered(original), "bfloat16") is None


@pytest.mark.parametrize(
    ("agreement", "difference", "passed"), [(0.99, 0.05, True), (0.984375, 0.01, False), (1.0, 0.051, False)]
)
def test_the_verdict_is_validations(agreement: float, difference: float, *, passed: bool) -> None:
    check = judge(Parity(COUNT, agreement, difference), "bfloat16")

    assert (check.outcome == "pass") is passed
    assert check.threshold == "0.99 agree, differ by 0.05 at most"


Measure = Callable[[Matrix, Matrix, str], Results]


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Measure:
    """The results of one round of a service, not under load, that gives these vectors instead of those."""
    load = Load(1.0, {"200": 1}, 1.0, 1.0, 1.0, 1.0)
    monkeypatch.setattr(rounds, "run_load", lambda *_: load)
    monkeypatch.setattr(services, "CACHE", tmp_path)

    def measure(vectors: Matrix, original: Matrix, precision: str) -> Results:
        answers = dict(zip(images(), answered(vectors), strict=True))
        monkeypatch.setattr(services, "ask", lambda url, wire, image: [answers[image]])
        service = Service("ours", "ours", _start, {"jpeg": RawJpeg()}, precision)
        results = Results({}, {"ours": "ours"})
        rounds._measure(results, service, BenchmarkModel("tiny", tmp_path, tuple(answered(original))), 0, 1.0)
        return results

    return measure


@contextmanager
def _start(_: BenchmarkModel, log: Path) -> Iterator[str]:
    log.touch()
    yield "http://127.0.0.1:1"


def test_the_speed_is_measured_where_parity_is_refused(measured: Measure, original: Matrix, rounded: Matrix) -> None:
    results = measured(rounded, original, "bfloat16")

    found = results.parity("tiny", "ours")
    assert found is not None
    assert (found.samples, found.agreement, found.passed) == (COUNT, 1 - 1 / COUNT, False)
    assert 0 < found.difference < 0.05
    assert results.summary("tiny", "ours", 32) is not None


def test_the_first_image_may_be_the_one_that_flips(measured: Measure, original: Matrix, rounded: Matrix) -> None:
    order = np.roll(np.arange(COUNT), -5)
    results = measured(rounded[order], original[order], "bfloat16")

    assert results.summary("tiny", "ours", 32) is not None


def test_a_float32_service_is_held_to_every_answer(measured: Measure, original: Matrix, rounded: Matrix) -> None:
    with pytest.raises(UnavailableError, match="gave a wrong answer for 1 of"):
        measured(rounded, original, "float32")


def test_a_service_that_answers_something_else_is_not_measured(measured: Measure, original: Matrix) -> None:
    with pytest.raises(UnavailableError, match="resemble the model's own"):
        measured(np.roll(original, 1, axis=0), original, "bfloat16")


def test_a_cache_without_all_probabilities_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "CACHE", tmp_path)
    folder = tmp_path / "models" / "tiny" / "1"
    folder.mkdir(parents=True)
    (folder / "expected.json").write_text("[[1, 0.5]]")
    make("tiny")

    found = read_answers(folder)
    assert not (folder / "expected.json").exists()
    assert len(found) == COUNT
    assert all(one.probabilities.shape == (CLASSES,) for one in found)
    assert all(one.probabilities[one.label] == np.float32(one.probability) for one in found)
    assert all(one.probabilities.sum() == pytest.approx(1, abs=1e-4) for one in found)


def test_a_model_of_rows_is_served_by_its_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "CACHE", tmp_path)
    make("tabular32")
    model = BenchmarkModel("tabular32", models.version_folder("tabular32"), ())

    scorer = open_scorer(model.folder, ServiceSettings())
    wire = OUR_WIRES[model.form]
    bodies = [wire.request(sample)[1] for sample in model.samples]
    found = [wire.answer(HTTPMessage(), answer.to_json()) for answer in scorer.predict(bodies)]

    assert refusal([row for rows in found for row in rows], read_answers(model.folder), "float32") is None
    assert {len(rows) for rows in found} == {32}


def test_a_service_without_the_form_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "CACHE", tmp_path)
    service = Service("ours", "ours", _start, {"jpeg": RawJpeg()})
    with (
        pytest.raises(UnavailableError, match="not measured with JSON"),
        serve(service, BenchmarkModel("tabular", tmp_path, ())),
    ):
        pass


def test_what_measures_does_without_tensorflow() -> None:
    program = "import sys, benchmarks.serving.__main__; sys.exit('tensorflow' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
