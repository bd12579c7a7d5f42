import pytest

from scoring.errors import StartupError
from scoring.settings import ServiceSettings, read_settings


def test_defaults() -> None:
    assert read_settings({}) == ServiceSettings(require_gpu=False, max_body_bytes=10_485_760, max_pixels=None)


def test_every_variable() -> None:
    environ = {"SCORING_REQUIRE_GPU": "1", "SCORING_MAX_BODY_BYTES": "1000", "SCORING_MAX_PIXELS": "64", "OTHER": "x"}
    assert read_settings(environ) == ServiceSettings(require_gpu=True, max_body_bytes=1000, max_pixels=64)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("SCORING_REQUIRE_GPU", "true"),
        ("SCORING_REQUIRE_GPU", ""),
        ("SCORING_PRECISION", "int8"),
        ("SCORING_XLA", "yes"),
        ("SCORING_MAX_BATCH", "0"),
        ("SCORING_TIMEOUT_MS", "1.5"),
        ("SCORING_MAX_BODY_BYTES", "0"),
        ("SCORING_MAX_BODY_BYTES", "10MB"),
        ("SCORING_MAX_PIXELS", "-1"),
        ("SCORING_MAX_PIXELS", "²"),
    ],
)
def test_malformed_value_names_its_variable(variable: str, text: str) -> None:
    with pytest.raises(StartupError, match=f"^{variable}='{text}' must be"):
        read_settings({variable: text})


def test_sampling() -> None:
    environ = {
        "SCORING_SAMPLE_SHARE": "0.25",
        "SCORING_SAMPLE_FOLDER": "/samples",
        "SCORING_SAMPLE_FILE_BYTES": "1000",
        "SCORING_SAMPLE_FILES": "2",
        "SCORING_SAMPLE_IMAGES": "1",
    }
    assert read_settings(environ) == ServiceSettings(
        sample_share=0.25, sample_folder="/samples", sample_file_bytes=1000, sample_files=2, sample_images=True
    )


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"SCORING_SAMPLE_SHARE": "1.5"}, "a number from 0 to 1"),
        ({"SCORING_SAMPLE_SHARE": "nan"}, "a number from 0 to 1"),
        ({"SCORING_SAMPLE_SHARE": "all"}, "a number from 0 to 1"),
        ({"SCORING_SAMPLE_FILES": "1"}, "2 or more"),
        ({"SCORING_SAMPLE_IMAGES": "1"}, "needs SCORING_SAMPLE_FOLDER"),
    ],
)
def test_sampling_that_cannot_be(environ: dict[str, str], message: str) -> None:
    with pytest.raises(StartupError, match=message):
        read_settings(environ)
