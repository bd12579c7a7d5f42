"""What the history of a run's configuration watches."""

from __future__ import annotations

import pytest

from azureml_emulator.errors import BadRequest
from azureml_emulator.execution.shapes import RunConfiguration
from azureml_emulator.server.requests.shapes import checked


@pytest.mark.parametrize("history", [["x"], {"directoriesToWatch": 5}, {"directoriesToWatch": [{}]}])
def test_a_history_of_another_shape(history: object) -> None:
    with pytest.raises(BadRequest, match="history"):
        checked(RunConfiguration, {"history": history})


def test_a_history_as_the_sdk_sends_it() -> None:
    checked(RunConfiguration, {"history": {"outputCollection": True, "directoriesToWatch": ["logs"]}})
