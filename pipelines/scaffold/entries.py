"""What a new service's file says, key by key, each with a comment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from steps.registration.contract.exploration.results import Exploration, Try
from steps.registration.contract.inference.meanings import outputs_of

MEANINGS: Mapping[str, str] = {
    "input.signature": "Key of the signature that is served.",
    "input.kind": "What a request carries: jpeg (images that the model decodes), image, text or tensors.",
    "input.scale": "How the service scales pixels, which must be as in training.",
    "task.kind": "What the output means: classification, multilabel, binary, regression, or tensors (as it is).",
    "task.output": "The output that is answered by.",
    "task.logits": "Whether the output is before the softmax or sigmoid, which the service then applies.",
    "task.labels": "The classes' names, one a line in the model's order.",
}
SCALES: Mapping[str, str] = {
    "0-1": "divided by 255",
    "-1-1": "divided by 127.5, less 1",
    "0-255": "as decoded",
    "torch": "keras.applications' preprocess_input of that mode, as for DenseNet",
    "caffe": "the same, as for ResNet50 and VGG",
}
MEASURES: Mapping[str, str] = {
    "accuracy": "share of right answers",
    "exact_match": "share of samples with exactly the right labels",
    "within_tolerance": "share of samples whose outputs are within the tolerance",
    "mae": "mean absolute error, in the values' unit",
}
ENOUGH = 100
"""validation.minimum_samples, if the file doesn't say it."""
USUAL_FLOOR = 0.9


@dataclass(frozen=True)
class Entry:
    """One key; ``open``: it is still to be said, and stands there as a comment with a possible value."""

    key: str
    """As in input.scale."""
    value: object
    comment: str
    open: bool = False


def entries(found: Exploration, best: Try, labels_file: str | None) -> Iterator[Entry]:
    """``labels_file`` is the path of the classes' names in the folder of the settings; None: they have none."""
    for key, value in best.said.items():
        if key not in found.undecided:
            yield Entry(key, value, f"{MEANINGS[key]}{_tried(found, key)}")
    for key in found.undecided:
        yield _open(found, key)
    if labels_file:
        yield Entry("task.labels", labels_file, f"{MEANINGS['task.labels']}{_order(best)}")
    yield Entry("service.replicas", 1, "Copies of the service; with 1, an update means downtime.")
    yield _threshold(best)
    if 0 < found.samples < ENOUGH:
        few = f"The validation data has {found.samples}: take this line away once there are {ENOUGH}."
        yield Entry("validation.minimum_samples", found.samples, f"Fewest samples on which it is judged. {few}")


def _tried(found: Exploration, key: str) -> str:
    """The best result that each value gave, in words; empty where there was one."""
    best = found.best.measured if found.best else None
    results: dict[str, Try] = {}
    for one in found.tries:
        if best and one.measured and one.measured.metric == best.metric:
            results.setdefault(text_of(one.said.get(key)), one)
    if best is None or len(results) < 2:
        return ""
    values = ", ".join(f"{value} {result_of(one)}" for value, one in results.items())
    return f" Tried on {best.samples} samples, {best.metric}: {values}."


def result_of(one: Try) -> str:
    """As in 98.0 %, or an error in its own unit."""
    if one.measured is None:
        return "-"
    value = one.measured.value
    return f"{value:.3g}" if one.measured.threshold.setting.endswith("ceiling") else f"{value:.1%}"


def text_of(value: object) -> str:
    """As YAML writes it; what isn't said is a dash."""
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _open(found: Exploration, key: str) -> Entry:
    values = list(dict.fromkeys(value for one in found.tries if (value := one.comes_to(key)) is not None))
    words = [f"{text} ({SCALES[text]})" if text in SCALES else text for text in map(text_of, values)]
    words += ["…"] if len(words) < _possible(found, key) else []
    choice = f" One of: {', '.join(words)}." if len(words) > 1 else ""
    return Entry(key, values[0], f"STILL TO SAY. {MEANINGS[key]}{choice}", open=True)


def _possible(found: Exploration, key: str) -> int:
    """How many outputs or signatures there are to choose from: the first few were tried."""
    signatures = found.inspection.signatures
    if key == "input.signature":
        return len(signatures)
    chosen = found.best and found.best.contract.signature
    outputs = next((one.outputs for one in signatures if one.key == chosen and key == "task.output"), ())
    return sum(output.suits for output in outputs_of(outputs, {}, {}))


def _order(best: Try) -> str:
    if best.order_found:
        return " Their order was found by the model's answers to the validation samples: look it over."
    return ""


def _threshold(best: Try) -> Entry:
    measured = best.measured
    if measured is None:
        setting = "mae_ceiling" if best.contract.task.kind == "regression" else "accuracy_floor"
        value = 1.0 if best.contract.task.kind == "regression" else USUAL_FLOOR
        return Entry(
            f"validation.{setting}",
            value,
            "STILL TO SAY. What is good enough: without, nothing is released.",
            open=True,
        )
    key, value = f"validation.{measured.threshold.setting}", measured.threshold.value
    ceiling = measured.threshold.setting.endswith("ceiling")
    what = f"{'Most' if ceiling else 'Least'} {MEASURES.get(measured.metric, measured.metric)}."
    was = f"It was {result_of(best)} on {measured.samples} samples"
    if not measured.useful:
        return Entry(key, value, f"STILL TO SAY. {what} {was}, where always one answer would do as well.", open=True)
    end = (
        "upper end of its 95 % interval, and a thousandth of the mean value"
        if ceiling
        else "lower end of its 95 % interval"
    )
    return Entry(key, value, f"{what} {was}; this is the {end}.")
