import requests

from tests.integration.emulator.azure.pipelines.schedules.clock import Clock
from tests.integration.emulator.waiting import Emulator


def test_clock_is_for_those_who_are_signed_in(emulator: Emulator) -> None:
    for method in ("GET", "POST"):
        refused = requests.request(method, f"{emulator.http}/own/clock", json={"advance": 1}, timeout=10)
        assert refused.status_code == 401


def test_clock_goes_forward_only(clock: Clock) -> None:
    for wanted in ({"advance": -1}, {"to": "2020-01-01T00:00"}):
        refused = clock.move(**wanted)
        assert (refused.status_code, "cannot be moved back" in refused.text) == (400, True)
    for nonsense in ({"advance": "much"}, {"advance": 1e300}, {"to": "soon"}, {"to": None}, {}):
        assert clock.move(**nonsense).status_code == 400
