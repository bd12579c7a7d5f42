import pytest

from steps.registration.contract.exploration.thresholds import ceiling_of, floor_of, rounded_up


@pytest.mark.parametrize(
    ("right", "count", "floor"),
    # E. B. Wilson's interval, as R's binom::binom.wilson gives its lower end: 0.9630, 0.8945, 0.7225, 0.
    [(100, 100, 0.96), (96, 100, 0.9), (10, 10, 0.72), (0, 100, 0.0)],
)
def test_a_floor_is_the_lower_end_of_the_interval(right: int, count: int, floor: float) -> None:
    assert floor_of(right, count) == floor


def test_a_ceiling_is_the_upper_end_of_the_interval() -> None:
    assert ceiling_of([1.0, 3.0] * 50, [1.0] * 100) == 2.2  # 2 + 1.96 x 1.005 / 10 + 0.001 = 2.198


def test_a_model_without_error_is_left_some_room() -> None:
    assert ceiling_of([0.0] * 9, [250.0] * 9) == 0.25
    assert ceiling_of([0.0], [0.0]) > 0


@pytest.mark.parametrize(("value", "rounded"), [(0.1201, 0.13), (0.12, 0.12), (1234.0, 1300.0), (9.91, 10.0)])
def test_it_is_never_rounded_below(value: float, rounded: float) -> None:
    assert rounded_up(value) == rounded
