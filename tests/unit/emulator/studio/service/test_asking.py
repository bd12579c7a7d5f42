"""How many questions studio pages may have under way."""

import asyncio
from typing import cast

import pytest
from starlette.applications import Starlette

from azureml_emulator.errors import Conflict
from azureml_emulator.studio.service import asking


def test_no_more_than_a_few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_free", asyncio.Semaphore(0))
    with pytest.raises(Conflict, match="try again"):
        asyncio.run(asking.ask(cast(Starlette, None), {}, b"", "text/plain"))
