import re
from pathlib import Path

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "emulator" / "docs" / "samples.md"
TESTS = ROOT / "tests" / "integration" / "emulator"


def test_every_test_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:\w+/)*test_\w+\.py)::(test_\w+)`", PAGE.read_text()))
    assert named
    for file, test in named:
        assert f"def {test}(" in (TESTS / file).read_text(), f"{file}::{test}"


def test_every_sample_is_on_the_page() -> None:
    page = PAGE.read_text()
    for file in (TESTS / "samples").glob("test_*.py"):
        for test in re.findall(r"^def (test_\w+)\(", file.read_text(), re.MULTILINE):
            assert f"samples/{file.name}::{test}`" in page, f"{file.name}::{test} is missing"
