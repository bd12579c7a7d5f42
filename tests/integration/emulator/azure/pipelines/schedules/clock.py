"""The workspace's clock, which tests move."""

from datetime import datetime, timedelta

import requests

from tests.integration.emulator.waiting import Emulator


class Clock:
    """The workspace's own."""

    def __init__(self, emulator: Emulator, bearer: dict[str, str]) -> None:
        self._url = f"{emulator.http}/own/clock"
        self._bearer = bearer

    def now(self) -> datetime:
        """In UTC, without saying so, as the SDK wants start times."""
        shown = requests.get(self._url, headers=self._bearer, timeout=30).json()["now"]
        return datetime.fromisoformat(shown).replace(tzinfo=None)

    def move(self, **wanted: object) -> requests.Response:
        return requests.post(self._url, json=wanted, headers=self._bearer, timeout=60)

    def advance(self, **duration: float) -> None:
        answer = self.move(advance=timedelta(**duration).total_seconds())
        assert answer.status_code == 200, answer.text

    def go_to(self, time: datetime) -> None:
        answer = self.move(to=time.isoformat())
        assert answer.status_code == 200, answer.text
