"""Keeps the connections over which the SDK sends the files of a snapshot.

It makes a client for each file (azureml/_file_utils/upload.py), and so a connection, for which all trusted CAs are read
anew: for the 275 files of the steps' sources ten seconds of a processor, and as many handshakes with Azure.
"""

import threading
from typing import Any

from azureml._vendor.azure_storage.blob._shared import base_client

_SDK: Any = base_client  # its types don't say that it has what it imports


def keep_connections() -> None:
    """From now on, the clients that a thread makes of the SDK's own copy of azure-storage-blob share a transport.

    Not those of several threads: azure.core says that a RequestsTransport isn't thread-safe. The SDK's threads are few.
    """
    if not isinstance(_SDK.RequestsTransport, _Transports):
        _SDK.RequestsTransport = _Transports(_SDK.RequestsTransport)


class _Transports:
    """Stands in for the class of transports: a thread's calls with the same options are answered by the same one."""

    def __init__(self, make: Any) -> None:
        self._make, self._of_thread = make, threading.local()

    def __call__(self, **options: Any) -> Any:
        kept: dict[str, Any] = self._of_thread.__dict__
        transport = kept.get(key := repr(sorted(options.items())))
        if transport is None:
            transport = kept[key] = self._make(**options)
        return _SDK.TransportWrapper(transport)  # a client that is closed leaves it open for the others
