import math
import random

import pytest

from steps.validation.tasks.signed_rank import PairedErrors, compare_errors

ERRORS = [float(number) for number in range(1, 21)]


def test_the_p_value_of_a_worked_example() -> None:
    """Five differences, all against the candidate: one of 2**5 equally likely assignments of signs is as bad."""
    found = compare_errors([2.0, 4.0, 6.0, 8.0, 10.0], [1.0, 2.0, 3.0, 4.0, 5.0])
    assert found.p_value == pytest.approx(1 / 32)
    assert found.is_worse(0.05)
    assert str(found) == "mean absolute error 6, production 3 on 5 samples"


def test_ties_and_what_rounding_explains_are_not_worse() -> None:
    assert compare_errors(ERRORS, ERRORS).p_value == 1
    assert not compare_errors([error + 1e-7 for error in ERRORS], ERRORS).is_worse(0.05)


def test_better_is_not_worse() -> None:
    assert not compare_errors([error / 2 for error in ERRORS], ERRORS).is_worse(0.05)


def test_many_small_losses_beside_a_greater_gain_are_not_worse() -> None:
    """By ranks the candidate loses, by its mean it wins, and the mean is what the ceiling judges."""
    candidate = [*[1.1] * 30, 1.0]
    found = compare_errors(candidate, [*[1.0] * 30, 50.0])
    assert found.p_value < 0.05
    assert not found.is_worse(0.05)


def test_samples_that_one_of_them_did_not_answer_are_left_out() -> None:
    assert compare_errors([1.0, math.nan, 3.0], [1.0, 2.0, math.nan]).samples == 1
    assert compare_errors([math.nan], [1.0]).p_value == 1


def test_a_loss_without_a_p_value_is_worse() -> None:
    assert PairedErrors(5, 2.0, 1.0, math.nan).is_worse(0.05)


def test_chance_alone_is_called_worse_as_seldom_as_the_significance_says() -> None:
    """Of 400 comparisons of equally good models, 5 % are allowed: 20, and more than 33 in one of 1,000 such tests."""
    dice = random.Random(20)  # noqa: S311

    def draw() -> list[float]:
        return [abs(dice.gauss(0, 1)) for _ in range(60)]

    assert sum(compare_errors(draw(), draw()).is_worse(0.05) for _ in range(400)) <= 33
