import gc
import json
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from pipelines.sample_model import Sample
from scoring.errors import BrokenImageError, ModelFailedError, StartupError, UnsupportedColorsError
from scoring.inputs.examples import Examples
from scoring.inputs.image import TOGETHER
from scoring.model.network import Network, open_network
from scoring.scorer import Scorer, batch_sizes
from scoring.settings import ServiceSettings
from scoring.tasks.answer import Answer
from scoring.tasks.classification import Classification
from steps.validation.samples.loading import load
from steps.validation.samples.sample import Sample as Digit
from tests.hostile_images import empty_scans, pixel_bomb, png, zeros
from tests.unit.scoring.conftest import Save, brightness, classify, encode

HAS_GPU = bool(tf.config.list_physical_devices("GPU"))


@pytest.fixture(scope="module")
def scorer(sample: Sample) -> Scorer:
    return Scorer(sample.model)


@pytest.fixture(scope="module")
def digits(sample: Sample) -> list[Digit]:
    return load(sample.validation, None, 40)


def decode_all(jpegs: Any) -> Any:
    """Strings [batch] to uint8 images of the first one's size."""
    decode = lambda jpeg: tf.io.decode_image(jpeg, channels=3, expand_animations=False)  # noqa: E731
    return tf.map_fn(decode, jpegs, fn_output_signature=tf.TensorSpec([None, None, 3], tf.uint8))


def test_answers_keep_the_order_of_a_batch(scorer: Scorer, digits: list[Digit]) -> None:
    answers = classify(scorer, [digit.body for digit in digits])
    right = sum(answer.label == digit.truth for answer, digit in zip(answers, digits, strict=True))
    assert right >= 0.9 * len(digits)


def test_one_by_one_equals_a_batch(scorer: Scorer, digits: list[Digit]) -> None:
    images = [digit.body for digit in digits]
    for image, together in zip(images, classify(scorer, images), strict=True):
        (alone,) = classify(scorer, [image])
        assert alone.label == together.label
        np.testing.assert_allclose(alone.probabilities, together.probabilities, atol=1e-5)


def test_threads_get_their_own_answers(scorer: Scorer, digits: list[Digit]) -> None:
    images = [[digit.body] for digit in digits]
    expected = [classify(scorer, image)[0].label for image in images]
    with ThreadPoolExecutor(8) as pool:
        assert [answers[0].label for answers in pool.map(partial(classify, scorer), images)] == expected


@pytest.mark.skipif(HAS_GPU, reason="needs a machine without a GPU")
@pytest.mark.parametrize(("callers", "own_thread"), [(1, False), (3, False), (4, True), (5, True)])
def test_callers_that_keep_all_cores_busy_compute_in_their_own_threads(
    sample_model_dir: Path,
    digits: list[Digit],
    monkeypatch: pytest.MonkeyPatch,
    callers: int,
    own_thread: bool,
) -> None:
    asked = []

    def open_and_tell(*args: Any, **options: Any) -> Network:
        asked.append(options["own_thread"])
        return open_network(*args, **options)

    monkeypatch.setattr("os.cpu_count", lambda: 4)
    monkeypatch.setattr("scoring.scorer.open_network", open_and_tell)
    scorer = Scorer(sample_model_dir / "model", settings=ServiceSettings(lanes=callers))
    assert asked == [own_thread]
    images = [digit.body for digit in digits[:5]]
    for one, other in zip(classify(scorer, images), classify(scorer, images[::-1])[::-1], strict=True):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-6)


@pytest.mark.parametrize("length", [0.5, 0.9])
def test_truncated_image(scorer: Scorer, digits: list[Digit], length: float) -> None:
    image = digits[0].body
    with pytest.raises(BrokenImageError, match="damaged"):
        classify(scorer, [image[: int(length * len(image))]])


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
@pytest.mark.parametrize("dtype", [tf.uint8, tf.float32, tf.float16])
def test_image_input_is_decoded_and_resized(save: Save, dtype: Any, image_format: str) -> None:
    scorer = Scorer(save(brightness, tf.TensorSpec([None, 8, 6, 3], dtype, name="image")))
    black, white = encode("black", image_format), encode("white", image_format, size=(11, 90))
    dark, bright = classify(scorer, [black, white])
    assert (dark.label, bright.label) == (0, 1)
    assert dark.probabilities.max() == pytest.approx(1)
    assert bright.probabilities.max() == pytest.approx(1)


def test_grey_input_takes_colour_images(save: Save) -> None:
    scorer = Scorer(save(brightness, tf.TensorSpec([None, 8, 6, 1], tf.float32, name="image")))
    assert [answer.label for answer in classify(scorer, [encode("black"), encode("white")])] == [0, 1]


def test_string_labels_of_the_model_are_used(save: Save) -> None:
    def named(jpegs: Any) -> dict[str, Any]:
        outputs = brightness(decode_all(jpegs))
        names = tf.constant(["dark", "größe"])
        return {**outputs, "classes": tf.gather(names, tf.argmax(outputs["probabilities"], axis=1))}

    scorer = Scorer(save(named, tf.TensorSpec([None], tf.string, name="jpegs")))
    (answer,) = classify(scorer, [encode("white")])
    assert answer.label == "größe"
    assert json.loads(answer.to_json())["class"] == "größe"


def test_logits_are_refused(save: Save) -> None:
    model = save(lambda image: {"logits": 9 * brightness(image)["probabilities"]}, tf.TensorSpec([None, 8, 6, 3]))
    with pytest.raises(StartupError, match="Output 'logits' sums to 9 instead of 1: end the model with a softmax"):
        Scorer(model)


def test_not_a_number_is_refused(save: Save) -> None:
    model = save(lambda image: {"p": np.nan * brightness(image)["probabilities"]}, tf.TensorSpec([None, 8, 6, 3]))
    with pytest.raises(StartupError, match="gave no finite numbers for a JPEG of 6 x 8 pixels"):
        Scorer(model)


def test_model_that_fails_at_warm_up(save: Save) -> None:
    def fail(jpegs: Any) -> dict[str, Any]:
        with tf.control_dependencies([tf.debugging.assert_equal(tf.shape(jpegs)[0], 7, "only sevens")]):
            return brightness(decode_all(jpegs))

    with pytest.raises(StartupError, match=r"failed on a JPEG of 224 x 224 pixels: .*only sevens"):
        Scorer(save(fail, tf.TensorSpec([None], tf.string, name="jpegs")))


def test_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"holds no SavedModel \(saved_model.pb\)"):
        Scorer(tmp_path)


def test_damaged_model(save: Save) -> None:
    model = save(brightness, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image"))
    (model / "saved_model.pb").write_bytes(b"not a protocol buffer")
    with pytest.raises(StartupError, match="is damaged"):
        Scorer(model)


def test_device_says_where_the_model_ran(scorer: Scorer) -> None:
    assert scorer.device == ("GPU:0" if HAS_GPU else "CPU:0")


@pytest.mark.skipif(HAS_GPU, reason="needs a machine without a GPU")
def test_required_gpu_is_missing(sample: Sample) -> None:
    with pytest.raises(StartupError, match="SCORING_REQUIRE_GPU=1, but TensorFlow sees no GPU"):
        Scorer(sample.model, settings=ServiceSettings(require_gpu=True))


def test_a_broken_image_costs_the_others_nothing(scorer: Scorer, digits: list[Digit]) -> None:
    images = [digit.body for digit in digits[:9]]
    images[2] = images[6] = images[2][:200]
    results = scorer.score(images)
    assert [index for index, result in enumerate(results) if isinstance(result, BrokenImageError)] == [2, 6]
    for index in (0, 1, 3, 4, 5, 7, 8):
        (alone,) = classify(scorer, [images[index]])
        result = results[index]
        assert isinstance(result, Classification)
        np.testing.assert_allclose(result.probabilities, alone.probabilities, atol=1e-5)


def test_a_model_that_drops_rows_is_refused_at_warm_up(save: Save) -> None:
    model = save(lambda image: brightness(image[:1]), tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image"))
    with pytest.raises(StartupError, match="has 1 rows for 2 inputs"):
        Scorer(model, settings=ServiceSettings(max_batch=4))


def test_a_model_that_fails_later_is_not_the_images_fault(save: Save) -> None:
    def fail_on_black(image: Any) -> dict[str, Any]:
        outputs = brightness(image)
        rows = tf.boolean_mask(outputs["probabilities"], outputs["probabilities"][:, 1] > 0)
        return {"probabilities": rows}

    scorer = Scorer(
        save(fail_on_black, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image")),
        settings=ServiceSettings(max_batch=2),
    )
    with pytest.raises(ModelFailedError, match="one answer for each input"):
        classify(scorer, [encode("white"), encode("black")])


@pytest.mark.parametrize(("largest", "sizes"), [(1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (16, (1, 2, 4, 8, 16))])
def test_batch_sizes(largest: int, sizes: tuple[int, ...]) -> None:
    assert batch_sizes(largest) == sizes


def test_compiled_batches_are_padded(sample_model_dir: Path, digits: list[Digit]) -> None:
    images = [digit.body for digit in digits[:3]]
    padded = Scorer(sample_model_dir / "model", settings=ServiceSettings(xla=True, max_batch=4))
    plain = Scorer(sample_model_dir / "model")
    for one, other in zip(classify(padded, images), classify(plain, images), strict=True):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)


def test_an_image_without_finite_probabilities_fails_alone(save: Save) -> None:
    def nan_on_black(image: Any) -> dict[str, Any]:
        probabilities = brightness(image)["probabilities"]
        return {"probabilities": probabilities + tf.where(probabilities[:, 1:] > 0, 0.0, np.nan)}

    scorer = Scorer(save(nan_on_black, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image")))
    good, bad = scorer.score([encode("white"), encode("black")])
    assert isinstance(good, Answer)
    assert isinstance(bad, ModelFailedError)


def test_xla_needs_the_frozen_graph(sample: Sample) -> None:
    with pytest.raises(StartupError, match="SCORING_XLA=1 needs the frozen graph"):
        Scorer(sample.model, settings=ServiceSettings(xla=True))


def test_inks_that_a_grey_model_can_not_take_are_told(save: Save) -> None:
    printed = encode("white", mode="CMYK")
    grey, colour = (
        Scorer(save(brightness, tf.TensorSpec([None, 8, 6, channels], tf.uint8, name="image"))) for channels in (1, 3)
    )
    good, bad = grey.score([encode("white"), printed])
    assert isinstance(good, Classification)
    assert isinstance(bad, UnsupportedColorsError)
    assert classify(colour, [printed])[0].probabilities.size == 2


def test_a_request_that_can_not_be_read_for_whatever_reason_fails_alone(
    scorer: Scorer, digits: list[Digit], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = scorer.reader.read

    def fail(body: bytes) -> Examples:
        if body == b"odd":
            raise OverflowError("such a number")
        return read(body)

    monkeypatch.setattr(scorer.reader, "read", fail)
    odd, good = scorer.score([b"odd", digits[0].body])
    assert isinstance(odd, ModelFailedError)
    assert isinstance(good, Classification)


@pytest.mark.parametrize("body", [pixel_bomb(110), encode("white") + b"\xff", encode("white")[:200]])
def test_what_is_refused_holds_no_body(scorer: Scorer, body: bytes) -> None:
    gc.collect()
    gc.disable()
    try:
        copies = [bytes(bytearray(body)) for _ in range(3)]  # nobody else has them
        held = [sys.getrefcount(copy) for copy in copies]
        scorer.score(copies)
        assert [sys.getrefcount(copy) for copy in copies] == held
    finally:
        gc.enable()


def test_a_batch_holds_as_many_images_as_memory_allows(save: Save) -> None:
    scorer = Scorer(
        save(brightness, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image")),
        settings=ServiceSettings(max_pixels=500),
    )
    bodies = [encode("white", size=(25, 20))] * (TOGETHER + 1)
    parts = [[place for place, _ in part] for part in scorer.answer(bodies)]
    assert parts == [[*range(TOGETHER)]]
    assert [answer.label for answer in classify(scorer, bodies)] == [1] * len(bodies)


@pytest.mark.parametrize(
    ("heavy", "sizes"),
    [
        (empty_scans(2500, 2500, 20), [3, 3, 3]),
        (png(3000, 3000, zlib.compress(bytes(1000)), depth=16, color=6, interlaced=1), [1] * 3),  # refused by libpng
        (png(5000, 4000, zeros(118), depth=16, color=2), [1] * 3),  # refused by us, once inflated
        (encode("white"), [9]),
    ],
)
def test_a_batch_holds_what_is_decoded_in_the_time_of_a_few_ordinary_images(
    scorer: Scorer, heavy: bytes, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = 0
    read = scorer.reader.read

    def counted(body: bytes) -> Examples:
        nonlocal reads
        reads += 1
        return read(body)

    monkeypatch.setattr(scorer.reader, "read", counted)
    bodies, taken = [heavy] * sum(sizes), []
    while bodies:
        before, reads = len(bodies), 0
        del bodies[: sum(len(part) for part in scorer.answer(bodies))]
        assert reads == before - len(bodies)
        taken.append(reads)
    assert taken == sizes


def test_the_bytes_that_are_read_for_a_batch_are_bounded(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused ones, too: whatever is found out about them takes time that the others wait."""
    asked: list[int] = []

    def refuse(body: bytes) -> Examples:
        asked.append(len(body))
        raise BrokenImageError

    monkeypatch.setattr(scorer.reader, "read", refuse)
    (part,) = scorer.answer([bytes(10 * 2**20)] * 9)
    assert len(part) == len(asked) == 4
