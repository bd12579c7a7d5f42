import io
import re

import pytest
from rich.console import Console

from pipelines.cli.uploading import upload_bars

CONTROL = re.compile(r"\r|\x1b\[[0-9;?]*[A-Za-z]")


def shown(*, terminal: bool, wanted: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=terminal, color_system=None, legacy_windows=False)
    with upload_bars(console, shown=wanted) as watch:
        watch("models", 0, 3_000_000_000)
        watch("models", 1_500_000_000, 3_000_000_000)
        watch("validation", 6_000_000, 6_000_000)
    return CONTROL.sub("\n", out.getvalue())


def test_each_upload_has_a_bar_that_fits_a_terminal() -> None:
    *_, model, validation = (line for line in shown(terminal=True, wanted=True).splitlines() if "uploading" in line)

    assert "uploading model" in model
    assert "1.5/3.0 GB" in model
    assert "uploading validation data" in validation
    assert "6.0/6.0 MB" in validation
    assert {len(model), len(validation)} == {80}, (model, validation)


@pytest.mark.parametrize(("terminal", "wanted"), [(False, True), (True, False)])
def test_nothing_is_shown_to_a_file_or_beside_json(terminal: bool, wanted: bool) -> None:
    assert shown(terminal=terminal, wanted=wanted) == ""
