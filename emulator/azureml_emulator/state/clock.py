"""The time that schedules and signed addresses go by: this machine's, or moved forward."""

from datetime import datetime, timedelta, timezone

from azureml_emulator.errors import BadRequest
from azureml_emulator.state.store import Store

_KEY = ("clock", "offset")
_LAST_YEAR = 2999


class Clock:
    """Schedules and signed addresses go by it: tokens and the times of runs stay those of the machine, which clients
    compare with.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset = timedelta(seconds=(store.find(*_KEY) or {"seconds": 0})["seconds"])

    def now(self) -> datetime:
        return datetime.now(timezone.utc) + self._offset

    def restart(self) -> None:
        """Back to this machine's time, in a workspace that has no schedule."""
        self._offset = timedelta()

    def move(self, to: datetime) -> None:
        """Go on from a later moment, also after a restart. Raises BadRequest for an earlier one."""
        now = self.now()
        if to.year > _LAST_YEAR:
            raise BadRequest(f"the clock of the local workspace goes to the year {_LAST_YEAR}")
        if to < now:
            raise BadRequest(
                f"the clock of the local workspace shows {now:%Y-%m-%dT%H:%M:%S} UTC already and cannot be moved back "
                f"to {to:%Y-%m-%dT%H:%M:%S}: schedules would fire twice"
            )
        self._offset += to - now
        self._store.put(*_KEY, {"seconds": self._offset.total_seconds()})
