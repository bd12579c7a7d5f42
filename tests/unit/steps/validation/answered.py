"""Samples of ten classes with their answers, as a judge sees them."""

from steps.validation.tasks.task import Scored


def right(count: int, samples: int = 200) -> tuple[Scored, ...]:
    """The last ``count`` of the samples answered rightly, the others with the class after the true one."""
    return tuple(one(number, fits=number >= samples - count) for number in range(samples))


def one(number: int, *, fits: bool = True, length: int = 10) -> Scored:
    truth = number % 10
    predicted = truth if fits else (number + 1) % 10
    return Scored(f"{number}.jpg", truth, predicted, fits, probability=0.9, length=length)
