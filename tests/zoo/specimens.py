"""The zoo."""

from tests.zoo.right import RELEASED, RIGHT
from tests.zoo.specimen import Specimen
from tests.zoo.wrong import WRONG

SPECIMENS: tuple[Specimen, ...] = (*RIGHT, *WRONG)


def specimen(name: str) -> Specimen:
    return next(one for one in SPECIMENS if one.name == name)


def released() -> tuple[Specimen, ...]:
    """One right model of each kind of input and of each kind of task."""
    return tuple(specimen(name) for name in RELEASED)
