"""The local workspace that the contract is tested on: nothing else here knows how it is started and made to fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from azureml_emulator.command import daemon
from azureml_emulator.command.client import ask
from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from config.settings import Workspace as Names
from tests.integration.emulator.coverage.page import operations

NAMES = Names(subscription_id=SUBSCRIPTION, resource_group=RESOURCE_GROUP, name=NAME)
SCOPE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{NAME}"
)


class LocalWorkspace:
    """The one that the SDK of this process was sent to before anything imported it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self) -> dict[str, str]:
        """The variables that send a client to it. Ends with this process, if not before."""
        variables: dict[str, str] = daemon.start(self._folder, outlives_us=False)["environment"]
        return variables

    @property
    def runs(self) -> bool:
        return daemon.status(self._folder) is not None

    def stop(self) -> None:
        daemon.stop(self._folder)

    def get(self, service: str, path: str) -> dict[str, Any]:
        """What it answers to a request that the port doesn't have."""
        return ask(self._folder, "GET", f"{service}{SCOPE}{path}")

    def post(self, service: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return ask(self._folder, "POST", f"{service}{SCOPE}{path}", body)

    @contextmanager
    def answering(self, status: int, *methods: str) -> Iterator[None]:
        """Every request with one of these methods is refused with this status, by all but the identity endpoint."""
        found = [str(one) for one in operations() if one.method in methods and not one.path.startswith("/msi/")]
        try:
            for operation in found:
                ask(self._folder, "POST", "/own/faults", {"operation": operation, "status": status, "times": None})
            yield
        finally:
            ask(self._folder, "DELETE", "/own/faults")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Nothing listens where it was; it comes back there."""
        self.stop()
        try:
            yield
        finally:
            self.start()
