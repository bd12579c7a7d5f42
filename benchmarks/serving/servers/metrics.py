"""What the processes of our service tell of themselves at /metrics."""

import http.client
import re
import time

SECONDS = 120.0
PAUSE_SECONDS = 0.02
PROCESS = re.compile(rb'process="(\d+)"')


def metrics(url: str, processes: int = 1, seconds: float = SECONDS) -> dict[bytes, bytes]:
    """By process, its page. They share a socket, so it is asked until all of them have answered.

    TimeoutError where they haven't within `seconds`; OSError or HTTPException where nothing answers.
    """
    host = url.removeprefix("http://").partition("/")[0]
    found: dict[bytes, bytes] = {}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        page = _page(host)
        label = PROCESS.search(page)
        found[label[1] if label else b""] = page
        if len(found) >= processes:
            return found
        time.sleep(PAUSE_SECONDS)
    raise TimeoutError(f"{len(found)} of {processes} processes answered within {seconds:g} s")


def _page(host: str) -> bytes:
    connection = http.client.HTTPConnection(host, timeout=SECONDS)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read()
    finally:
        connection.close()
