from pathlib import Path

from emulator.coverage import page

PAGE = Path(__file__).parents[3] / "docs" / "emulator-coverage.md"


def test_coverage_page_is_current() -> None:
    assert PAGE.read_text() == page(), "run: python -m emulator.coverage > docs/emulator-coverage.md"
