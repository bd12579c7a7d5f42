import math

import pytest

from steps.validation.tasks.mcnemar import PairedRights, compare_rights


def test_only_samples_that_one_of_them_got_right_count() -> None:
    found = compare_rights([True, True, False, False, True], [True, False, True, False, False])

    assert found == PairedRights(samples=5, better=2, worse=1)


@pytest.mark.parametrize(
    ("better", "worse", "p_value"),
    [
        (0, 0, 1.0),
        (0, 4, 1 / 16),
        (0, 5, 1 / 32),
        (1, 7, 9 / 256),  # one or none of eight
        (3, 0, 1.0),
    ],
)
def test_p_value_is_the_binomial_tail(better: int, worse: int, p_value: float) -> None:
    assert math.isclose(PairedRights(200, better, worse).p_value, p_value)


@pytest.mark.parametrize(("better", "worse"), [(0, 0), (3, 3), (100, 100), (9, 2), (0, 4)])
def test_ties_gains_and_what_chance_explains_are_not_worse(better: int, worse: int) -> None:
    assert not PairedRights(1000, better, worse).is_worse(0.05)


@pytest.mark.parametrize(("better", "worse"), [(0, 5), (1, 7), (40, 60)])
def test_more_than_chance_explains_is_worse(better: int, worse: int) -> None:
    assert PairedRights(1000, better, worse).is_worse(0.05)


def test_a_tie_is_never_worse_whatever_the_significance() -> None:
    assert not PairedRights(10, 2, 2).is_worse(0.99)


def test_different_numbers_of_images_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="zip"):
        compare_rights([True], [True, False])
