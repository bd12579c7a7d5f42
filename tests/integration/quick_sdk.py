"""SDK v1 in the process of the tests, without two things that it does over and over, and that no test is about.

Both went into a third of the time of the tests that call it. Programs and steps that the tests start have the SDK as it
is.
"""

import importlib
import os
from collections.abc import Mapping
from functools import cache
from typing import Any


def quicken() -> None:
    """From now on in this process, whoever imported what before.

    A managed identity's token is asked for once, not before every request: msrestazure leaves it to the identity
    endpoint to keep tokens. And nobody looks up the source of each caller for telemetry that is sent nowhere.
    """
    from azureml.dataprep.api._loggerfactory import _LoggerFactory

    directory: Any = importlib.import_module("msrestazure.azure_active_directory")

    if isinstance(directory.get_msi_token, _Kept):
        return
    directory.get_msi_token = _Kept(directory.get_msi_token)
    _LoggerFactory.get_stack = staticmethod(lambda *_, **__: "")


class _Kept:
    """Tokens are good for a day. Those of another workspace, or of the same after a reset, are of another endpoint."""

    def __init__(self, ask: Any) -> None:
        @cache
        def asked(_endpoint: str, resource: str, port: int, identity: tuple[tuple[str, str], ...]) -> Any:
            return ask(resource, port, dict(identity))

        self._asked = asked

    def __call__(self, resource: str, port: int = 50342, identity: Mapping[str, str] | None = None) -> Any:
        return self._asked(os.environ.get("MSI_ENDPOINT", ""), resource, port, tuple((identity or {}).items()))
