"""SDK v1 in the process of the tests, without three things that it does over and over, and that no test is about.

They went into nearly half of the processor time of the tests that call it. Programs and steps that the tests start have
the SDK as it is.
"""

import importlib
import os
from collections.abc import Mapping
from functools import cache
from typing import Any


def quicken() -> None:
    """From now on in this process, whoever imported what before.

    A managed identity's token is asked for once, not before every request: msrestazure leaves it to the identity
    endpoint to keep tokens. Nobody looks up the source of each caller for telemetry that is sent nowhere. And status
    codes after which a request isn't sent again, for which each client looks 999 times, are in a set.
    """
    from azureml.dataprep.api._loggerfactory import _LoggerFactory

    directory: Any = importlib.import_module("msrestazure.azure_active_directory")
    policy: Any = importlib.import_module("msrest.universal_http.requests").ClientRetryPolicy

    if isinstance(directory.get_msi_token, _Kept):
        return
    directory.get_msi_token = _Kept(directory.get_msi_token)
    policy.safe_codes = frozenset(policy.safe_codes)
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
