import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from config.settings import Monitoring
from pipelines.monitoring.drift import Group, Label, Outcome, compare
from pipelines.monitoring.plot import write_plot

LIMITS = Monitoring()


def group(counts: Sequence[int], confidences: Sequence[float] = ()) -> Group:
    """So many answers of class 0, 1, ..., with these confidences in turn."""
    labels = [label for label, count in enumerate(counts) for _ in range(count)]
    given = confidences or [0.5 + number / 2 / len(labels) for number in range(len(labels))]
    return Group(labels, [given[number % len(given)] for number in range(len(labels))])


def outcomes(period: Group, baseline: Group, limits: Monitoring = LIMITS) -> tuple[Outcome, dict[str, Outcome]]:
    outcome, findings = compare(period, baseline, limits)
    return outcome, {finding.name: finding.outcome for finding in findings}


def test_the_same_answers_are_no_drift() -> None:
    assert outcomes(group([100, 100]), group([200, 200])) == ("none", {"classes": "none", "confidences": "none"})


def test_other_shares_of_the_classes_are_drift() -> None:
    assert outcomes(group([180, 20]), group([100, 100])) == ("drift", {"classes": "drift", "confidences": "none"})


def test_other_confidences_are_drift() -> None:
    unsure, sure = group([100, 100], [0.5, 0.55, 0.6]), group([100, 100], [0.9, 0.95, 0.99])
    assert outcomes(unsure, sure) == ("drift", {"classes": "none", "confidences": "drift"})


def test_the_figures_are_those_of_a_worked_example() -> None:
    """120 and 80 where 110 and 90 are expected: chi-square 2 x (10**2 / 110 + 10**2 / 90) = 4.04, so p = 0.0444."""
    _, (classes, _) = compare(group([120, 80]), group([100, 100]), LIMITS)
    assert classes.distance == pytest.approx(0.1)
    assert classes.p_value == pytest.approx(0.0444, abs=1e-3)


def test_what_many_samples_prove_but_is_too_small_to_matter_is_no_drift() -> None:
    period, baseline = group([10_500, 9_500]), group([10_000, 10_000])
    _, (classes, _) = compare(period, baseline, LIMITS)
    assert classes.p_value is not None
    assert classes.p_value < 1e-5
    assert classes.outcome == "none"
    assert outcomes(period, baseline, Monitoring(distance=0.01))[1]["classes"] == "drift"


def test_confidences_that_are_not_numbers_are_not_taken_for_none() -> None:
    period = group([100, 100], [0.9, float("nan")])
    assert outcomes(period, group([100, 100])) == ("undecided", {"classes": "none", "confidences": "undecided"})


@pytest.mark.parametrize(("period", "baseline"), [([99], [500]), ([500], [99]), ([0], [0])])
def test_too_few_samples_decide_nothing_and_say_how_many_are_needed(period: list[int], baseline: list[int]) -> None:
    outcome, findings = compare(group(period), group(baseline), LIMITS)
    assert outcome == "undecided"
    assert {finding.p_value for finding in findings} == {None}
    assert f"{period[0]} in the period and {baseline[0]} in the baseline, 100 are needed" in findings[0].detail
    assert ("is monitoring.share above 0?" in findings[0].detail) == (period == [0])


def test_drift_of_the_classes_counts_where_the_confidences_are_unknown() -> None:
    unknown = Group(group([100, 100]).labels, [])
    assert outcomes(group([180, 20]), unknown) == ("drift", {"classes": "drift", "confidences": "undecided"})
    assert outcomes(group([100, 100]), unknown)[0] == "undecided"


def test_rare_classes_are_taken_together() -> None:
    common: list[Label] = ["cat"] * 200
    period = Group([*common, *(f"rare {number}" for number in range(60))], [0.5] * 260)
    baseline = Group([*common, *(f"seldom {number}" for number in range(60))], [0.5] * 260)
    _, (classes, _) = compare(period, baseline, LIMITS)
    assert classes.detail == "chi-square over 2 classes, 120 rare ones taken as one"
    assert classes.outcome == "none"


def test_classes_that_are_all_too_rare_to_be_compared_decide_nothing() -> None:
    """Of a thousand classes, a few hundred samples show each once or twice: here not one in both."""
    period = Group(range(200), [0.5] * 200)
    baseline = Group(range(200, 400), [0.5] * 200)
    outcome, (classes, _) = compare(period, baseline, LIMITS)
    assert (outcome, classes.outcome, classes.p_value) == ("undecided", "undecided", None)
    assert classes.detail.startswith("all 400 classes are too rare to be compared")


def test_names_of_classes_are_drawn_as_they_are(tmp_path: Path) -> None:
    labels: list[Label] = ["$\\frac$", "[red]", 7] * 100
    write_plot(Group(labels, []), Group(labels, []), "digits", tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").read_text().count("</svg>") == 1


def test_one_class_alone_is_no_drift() -> None:
    assert outcomes(group([150]), group([300]))[0] == "none"


def test_chance_alone_is_called_drift_as_seldom_as_the_significance_says() -> None:
    """Of 400 comparisons of draws from one distribution, 1 % are allowed; the distance is set to let all through."""
    dice = random.Random(20)  # noqa: S311
    limits = Monitoring(significance=0.01, distance=1e-6)

    def draw(size: int) -> Group:
        labels = dice.choices(range(10), range(1, 11), k=size)
        return Group(labels, [dice.betavariate(8, 2) for _ in range(size)])

    alarms = sum(compare(draw(150), draw(300), limits)[0] == "drift" for _ in range(400))
    assert alarms <= 10  # of a mean of 4, more than 10 come in 3 of 1,000 such experiments


def test_values_are_compared_each_with_a_share_of_the_significance() -> None:
    before = [(float(number), number / 2) for number in range(200)]
    moved = [(first, second + 40) for first, second in before]
    outcome, findings = compare(Group([], [], moved), Group([], [], before), LIMITS)
    assert outcome == "drift"
    assert [(one.name, one.outcome) for one in findings] == [("value 0", "none"), ("value 1", "drift")]
    assert findings[1].distance == pytest.approx(0.4)
    assert findings[1].detail == "median 89.75, baseline 49.75"


def test_one_value_needs_no_number(tmp_path: Path) -> None:
    values = [(float(number),) for number in range(150)]
    outcome, (finding,) = compare(Group([], [], values), Group([], [], values), LIMITS)
    assert (outcome, finding.name) == ("none", "values")
    write_plot(Group([], [], values), Group([], [], values), "prices", tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").read_text().count("</svg>") == 1


def test_an_empty_period_of_values_is_too_few() -> None:
    values = [(float(number),) for number in range(150)]
    outcome, (finding,) = compare(Group([], []), Group([], [], values), LIMITS)
    assert (outcome, finding.outcome) == ("undecided", "undecided")
    assert "0 in the period and 150 in the baseline, 100 are needed" in finding.detail


def test_values_of_two_models_are_not_compared() -> None:
    outcome, (finding,) = compare(Group([], [], [(1.0,)] * 150), Group([], [], [(1.0, 2.0)] * 150), LIMITS)
    assert (outcome, finding.detail) == (
        "undecided",
        "1 values an answer in the period, 2 in the baseline: these are two models",
    )


def test_sets_of_labels_are_compared_without_confidences() -> None:
    period, baseline = Group(["0|2", "1"] * 100, None), Group(["0|2"] * 20 + ["1"] * 180, None)
    outcome, (finding,) = compare(period, baseline, LIMITS)
    assert (outcome, finding.name) == ("drift", "classes")


def test_bare_tensors_have_nothing_to_compare() -> None:
    outcome, (finding,) = compare(Group([], [], outputs=True), Group([], []), LIMITS)
    assert (outcome, finding.name) == ("undecided", "outputs")
