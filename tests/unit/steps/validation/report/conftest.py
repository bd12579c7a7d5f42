"""What a report is drawn from."""

from datetime import datetime, timezone
from pathlib import Path

import pytest

from steps.validation.report.page import Origin
from steps.validation.samples.contents import contents_of

DATE = datetime(2026, 11, 26, 9, 30, tzinfo=timezone.utc)


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    """Of the service ``digits``; the folder of its samples is empty."""
    (tmp_path / "samples").mkdir()
    return Origin("digits", "c" * 40, DATE, contents_of(tmp_path / "samples"))
