"""Releases of the zoo's right models: one of each kind of input and of each kind of task, each a service of its own."""

from pathlib import Path

import pytest

from tests.e2e import own_model
from tests.e2e.conftest import Machine, machine  # noqa: F401  # the fixture
from tests.zoo.specimen import Specimen
from tests.zoo.specimens import released

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

REPLICAS = 1


@pytest.mark.parametrize("specimen", released(), ids=lambda one: one.name)
def test_a_model_of_the_zoo_is_released(machine: Machine, specimen: Specimen, tmp_path: Path) -> None:  # noqa: F811
    own = own_model.write(specimen, tmp_path / "own", specimen.name.replace(" ", "-"))

    report = own.release(machine)

    assert report["verdict"]["status"] == "BLESSED"
    assert report["release"]["queries"]
    assert machine.json("plan", *own.choice, *own.options)["changes"] is False
