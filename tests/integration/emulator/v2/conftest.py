"""SDK v2's client of the local workspace that all integration tests share.

azure.ai.ml asks the workspace for its clouds when it is imported, so tests import it inside of functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


@pytest.fixture(scope="module")
def client(emulator: Emulator) -> Iterator[MLClient]:
    """As any SDK program opens the workspace, with nothing but the variables of the emulator."""
    with pytest.MonkeyPatch.context() as patch:
        for key, value in emulator.environment.items():
            patch.setenv(key, value)
        from azure.ai.ml import MLClient
        from azure.identity import DefaultAzureCredential

        yield MLClient(DefaultAzureCredential(), SUBSCRIPTION, RESOURCE_GROUP, NAME)
