import pytest

from config.errors import ConfigError
from config.settings import load_settings
from pipelines.parameters import parameter_defaults, read_assignments

SETTINGS = load_settings("local", {"service.name": "other", "validation.sample_count": "70"}, environ={})


def test_defaults_come_from_the_settings() -> None:
    assert parameter_defaults(SETTINGS) == {
        "model": "latest",
        "validation_data": "-",
        "source": "-",
        "promoted_from": "-",
        "service_name": "other",
        "sample_count": 70,
        "force_reason": "-",
    }


def test_assignments_take_the_type_of_the_default() -> None:
    words = ["sample_count=50", "model=3", "force_reason=a = b"]
    assert read_assignments(words, SETTINGS) == {"sample_count": 50, "model": "3", "force_reason": "a = b"}


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("sample_cont=5", "no parameter sample_cont; did you mean sample_count?"),
        ("zzz=5", "known are model, validation_data, source, promoted_from, service_name, sample_count, force_reason"),
        ("sample_count=many", "sample_count is a whole number"),
        ("sample_count=-1", "sample_count is a whole number"),
        ("sample_count", "write it as NAME=VALUE"),
        ("force_reason=", "write it as NAME=VALUE (`-` for none)"),
    ],
)
def test_wrong_assignments_are_refused_with_the_way_out(word: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_assignments([word], SETTINGS)
    assert str(caught.value).startswith(f"--param {word}: ")
    assert message in str(caught.value)
