"""Logs that grow while they are read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from tests.integration.emulator.waiting import Emulator

Rest = Callable[..., requests.Response]
BEFORE = b"a line that stood there at the start\n" * 1_000_000
"""More than the buffers of a connection hold: the file is still being sent when it grows."""


@pytest.mark.parametrize("part", [{}, {"Range": "bytes=37-"}])
@pytest.mark.parametrize("signed", [False, True])
def test_what_stood_there_at_the_start(
    emulator: Emulator, rest: Rest, bearer: dict[str, str], part: dict[str, str], signed: bool
) -> None:
    name = "ExperimentRun/dcid.growing/azureml-logs/70_driver_log.txt"
    log = emulator.folder / "blobs" / "azureml" / name
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(BEFORE)
    url = f"{emulator.http}/artifact/v2.0{emulator.scope}/artifacts/content/{name}"
    if signed:
        url = rest("GET", "/artifact/v2.0", f"/artifacts/contentinfo/{name}").json()["contentUri"]
    with requests.get(url, headers=part if signed else bearer | part, stream=True, timeout=30) as answer:
        with log.open("ab") as more:
            more.write(b"a line that came later\n" * 10_000)
        content = answer.content
    log.unlink()
    assert content == (BEFORE[37:] if part else BEFORE)
