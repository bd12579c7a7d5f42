"""The log of requests, in front of an application that answers 200."""

import asyncio
import json
from pathlib import Path

import httpx
from starlette.applications import Starlette

from azureml_emulator.server.middleware.requestlog import FILE, RequestLogMiddleware


def ask(folder: Path, max_bytes: int, *paths: str) -> None:
    async def run() -> None:
        transport = httpx.ASGITransport(RequestLogMiddleware(Starlette(), folder, max_bytes))
        async with httpx.AsyncClient(transport=transport, base_url="http://x", headers={"User-Agent": "me"}) as client:
            for path in paths:
                await client.get(path)

    asyncio.run(run())


def test_a_line_is_there_when_the_answer_is(tmp_path: Path) -> None:
    ask(tmp_path, 1000, "/msi/secret/token?also=secret")
    line = json.loads((tmp_path / FILE).read_text())
    assert (line["method"], line["path"], line["status"], line["user_agent"]) == ("GET", "/msi/***/token", 404, "me")


def test_it_keeps_the_file_before_the_present_one_and_no_other(tmp_path: Path) -> None:
    for _ in range(2):  # the second time it goes on with the file that it finds
        ask(tmp_path, 200, *(f"/{number}" for number in range(10)))
    sizes = {file.name: file.stat().st_size for file in tmp_path.iterdir()}
    assert set(sizes) == {FILE, f"{FILE}.1"}
    assert max(sizes.values()) < 200 + 2 * 200
    assert json.loads((tmp_path / FILE).read_text().splitlines()[-1])["path"] == "/9"
