"""Which plots suit which task."""

from collections.abc import Mapping, Sequence

from scoring.contract import Contract
from steps.validation.measured import Measured
from steps.validation.report.plots import class_plots, drawing, value_plots
from steps.validation.report.plots.drawing import Answers
from steps.validation.tasks.multilabel import f1_by_class


def figures(contract: Contract | None, measured: Mapping[str, Measured], names: Sequence[str] = ()) -> dict[str, str]:
    """Titles and plots as SVG of ``candidate``, and ``production`` where there is one; empty with nothing to show.

    ``names`` are those of the classes, in their order; empty: they have numbers.
    """
    shown: dict[str, str] = {}
    if measured["candidate"].answered:
        shown |= _of_task(contract, measured, names)
        shown["Latency"] = drawing.latencies({who: one.latencies_ms for who, one in measured.items()})
    starts = {who: one.startup_seconds for who, one in measured.items() if one.startup_seconds is not None}
    if starts:
        shown["Cold start"] = drawing.cold_start(starts)
    return shown


def _of_task(contract: Contract | None, measured: Mapping[str, Measured], names: Sequence[str]) -> dict[str, str]:
    answers: Answers = {who: one.answers for who, one in measured.items()}
    kind = contract.task.kind if contract else "classification"
    if kind == "regression" and contract:
        unit = contract.task.unit
        return {
            "Answers by truth": value_plots.predicted_by_truth(answers, unit),
            "Errors": value_plots.errors(answers, unit),
        }
    if kind == "multilabel":
        f1 = {who: f1_by_class(one.scored) for who, one in measured.items()}
        return {"F1 by class": class_plots.scores_by_class(f1, names, "F1")} if f1["candidate"] else {}
    if kind == "tensors":
        return {}
    by_class = {
        "Right answers by class": class_plots.accuracy_by_class(answers, names),
        "Confusion of the candidate, in samples": class_plots.confusion(answers["candidate"], names),
    }
    if kind == "binary":
        by_class["Probabilities of the candidate"] = value_plots.probabilities(answers["candidate"], names)
    return by_class
