from datetime import datetime, timedelta, timezone

import pytest

from azureml_emulator.azure.services.routing.lag import RoutingLags


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def lags(hand: Hand) -> RoutingLags:
    return RoutingLags(hand)


def test_it_begins_when_the_operation_has_ended_well(lags: RoutingLags, hand: Hand) -> None:
    lags.expect("digits", 20, 503)
    assert lags.status("digits") is None
    lags.operation_ended("digits", healthy=True)
    hand.time += timedelta(seconds=19.9)
    assert (lags.status("digits"), lags.status("other")) == (503, None)
    hand.time += timedelta(seconds=0.1)
    assert lags.status("digits") is None


def test_an_operation_that_failed_has_none_and_takes_the_next_one_none(lags: RoutingLags) -> None:
    lags.expect("digits", 20, 503)
    lags.operation_ended("digits", healthy=False)
    lags.operation_ended("digits", healthy=True)
    assert lags.status("digits") is None
