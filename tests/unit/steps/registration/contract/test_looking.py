"""What validation data adds, and in which order things are told."""

from pathlib import Path

import tensorflow as tf

from config.sections.contract import Input, Task
from steps.registration.contract.findings import Said
from steps.registration.contract.looking import look
from tests.zoo import data, keras_models, other_exports, tf_modules


def test_with_validation_data_the_scale_is_found_by_trying(tmp_path: Path) -> None:
    keras_models.minus_one_to_one(tmp_path / "model")

    found = look(tmp_path / "model", Said(), validation=data.dark_to_bright(tmp_path / "samples", 12))

    (obstacle,) = found.obstacles
    assert found.scales[0].scale == "-1-1"
    assert found.scales[0].accuracy == 1.0
    assert {fit.scale for fit in found.scales if fit.accuracy < 0.5} == {"0-1", "0-255"}
    assert 'input: {scale: "-1-1"}' in obstacle.mend
    assert "of 12 validation samples, the model is right about -1-1 100%" in obstacle.mend


def test_what_validation_data_says_comes_first_in_the_mend(tmp_path: Path) -> None:
    keras_models.tabular_regression(tmp_path / "model")
    labels = tmp_path / "labels"
    labels.mkdir()
    (labels / "samples.jsonl").write_text('{"input": [1, 2, 3, 4], "label": 1}\n' * 2)

    by_value = look(tmp_path / "model", Said(), validation=data.rows(tmp_path / "rows", 4))
    by_label = look(tmp_path / "model", Said(), validation=labels)

    assert "file: `task: {kind: regression}` for a number as it is, as the validation" in by_value.obstacles[0].mend
    assert "file: `task: {kind: binary, logits: true}`" in by_label.obstacles[0].mend


def test_labels_that_the_model_cannot_give_are_found(tmp_path: Path) -> None:
    keras_models.greyscale_binary(tmp_path / "model")

    found = look(tmp_path / "model", Said(), validation=data.dark_to_bright(tmp_path / "samples", 3))

    (obstacle,) = found.obstacles
    assert obstacle.where == "the validation data"
    assert "label 2: the model has 2 classes" in obstacle.what


def test_the_model_is_tried_on_the_users_own_sample(tmp_path: Path) -> None:
    keras_models.rescaling(tmp_path / "model")

    found = look(tmp_path / "model", Said(), validation=data.colour_folders(tmp_path / "samples", 3))

    assert found.probe is not None
    assert found.probe.sample == "the validation sample blue/2.jpg"


def test_a_broken_sample_is_called_by_its_name(tmp_path: Path) -> None:
    samples, text = data.colours(tmp_path / "samples", 2), data.moods(tmp_path / "moods", 1)
    image = (samples / "0.jpg").read_bytes()
    (samples / "0.jpg").write_bytes(image[: image.index(b"\xff\xda") + 14])
    (text / "samples.jsonl").write_text('{"input": [1, 2], "label": 1}')
    tf_modules.jpeg(tmp_path / "model")
    tf_modules.text(tmp_path / "text")

    by_model = look(tmp_path / "model", Said(), validation=samples)
    by_service = look(tmp_path / "text", Said(), validation=text)

    assert by_model.obstacles[0].what.startswith("samples/0.jpg: can't be decoded")
    assert by_service.obstacles[0].what.startswith("The service refuses the validation sample samples.jsonl:1: ")


def test_a_first_sample_that_is_refused_hides_no_other(tmp_path: Path) -> None:
    rows = data.moods(tmp_path / "moods", 1)
    (rows / "samples.jsonl").write_text(
        '{"input": [1, 2], "label": 1}\n{"input": "good", "label": 7}\n{"input": 3, "label": 0}\n'
    )
    tf_modules.text(tmp_path / "text")

    for checked in (True, False):  # a run checks the data where the model is fine, and not otherwise
        found = look(tmp_path / "text", Said(), validation=rows, data_checked=checked)
        said = "\n".join(obstacle.what for obstacle in found.obstacles)
        assert found.contract is None
        assert "The service refuses the validation sample samples.jsonl:1" in said
        assert "samples.jsonl line 2: label 7" in said
        assert "samples.jsonl line 3: " in said


def test_validation_data_that_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    keras_models.rescaling(tmp_path / "model")
    (tmp_path / "samples").mkdir()

    found = look(tmp_path / "model", Said(), validation=tmp_path / "samples")

    assert [obstacle.where for obstacle in found.obstacles] == ["the validation data"]


def test_what_a_model_that_fails_would_have_told_is_not_asked_for(tmp_path: Path) -> None:
    other_exports.truncated_variables(tmp_path / "model")

    found = look(tmp_path / "model", Said(task=Task(output="scores")))

    assert [obstacle.where for obstacle in found.obstacles] == ["the SavedModel", "task.output"]
    assert [obstacle.where for obstacle in look(tmp_path / "model", Said()).obstacles] == ["the SavedModel"]


def test_each_fact_says_how_it_is_known(tmp_path: Path) -> None:
    tf_modules.jpeg(tmp_path / "model")

    facts = {fact.about: (fact.value, fact.how) for fact in look(tmp_path / "model", Said()).facts}

    assert facts == {
        "signature": ("serving_default", "the usual one"),
        "input.kind": ("jpeg", "the graph decodes images (DecodeJpeg)"),
        "task.output": ("probabilities", "the only output that suits"),
        "task.kind": ("classification", "the output ends in a softmax"),
        "task.logits": ("False", "the output ends in a softmax"),
        "task.label_output": ("classes", "its name"),
    }


def test_a_refusal_names_the_signatures_that_may_be_served_instead(tmp_path: Path) -> None:
    """As estimators export them: records by default, which are refused, and features by another name."""
    module = tf.Module()
    records, features = tf.TensorSpec([None], tf.string, "examples"), tf.TensorSpec([None, 3], name="age")
    spec = {"x": tf.io.FixedLenFeature([3], tf.float32)}
    module.parsing = tf.function(
        lambda examples: {"p": tf.nn.softmax(tf.io.parse_example(examples, spec)["x"])}, input_signature=[records]
    )
    module.predict = tf.function(lambda age: {"p": tf.nn.softmax(age)}, input_signature=[features])
    signatures = {"serving_default": module.parsing, "classification": module.parsing, "predict": module.predict}
    tf.saved_model.save(module, str(tmp_path / "model"), signatures=signatures)

    refused = look(tmp_path / "model", Said())
    served = look(tmp_path / "model", Said(input=Input(signature="predict")))

    how = 'predict takes age: float32 [None, 3] (`input: {signature: "predict"}`)'
    assert refused.warnings == (f"Other signatures may be served instead: {how}.",)
    assert (served.obstacles, served.warnings) == ((), ())


def test_answers_that_change_from_one_time_to_the_next_are_told_of(tmp_path: Path) -> None:
    tf_modules.counter(tmp_path / "model")

    found = look(tmp_path / "model", Said(task=Task(kind="regression")))

    (warning,) = found.warnings
    assert "answers the same sample otherwise the next time (y)" in warning
    assert not found.obstacles
