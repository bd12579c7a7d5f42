"""What SDK v2 asks run history by a run's id alone, over REST where the client hides it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.emulator.client import Client
from tests.integration.emulator.v2.jobs import Command, finish

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import Job
