"""Which layer a value is taken from, and as what."""

import pytest

from config.errors import ConfigError
from config.settings import load_settings
from tests.unit.config.settings.refusals import refusal


def test_target_comes_from_argument_then_environment_then_local() -> None:
    assert load_settings("prod", environ={"AMLGPU_TARGET": "dev"}).target == "prod"
    assert load_settings(environ={"AMLGPU_TARGET": "dev"}).target == "dev"
    assert load_settings(environ={}).target == "local"


@pytest.mark.parametrize(
    ("target", "environ", "origin"),
    [("staging", {}, "--target"), (None, {"AMLGPU_TARGET": "staging"}, "AMLGPU_TARGET")],
)
def test_unknown_target_names_its_origin_and_the_choices(
    target: str | None, environ: dict[str, str], origin: str
) -> None:
    with pytest.raises(ConfigError, match=f"{origin} = 'staging': .* the known ones are dev, local, local-v2, prod"):
        load_settings(target, environ=environ)


def test_later_layers_win() -> None:
    environ = {"AMLGPU_SERVICE__REPLICAS": "1", "AMLGPU_SERVICE__CPU_CORES": "0.5"}
    settings = load_settings("local", {"service.replicas": "2"}, environ)
    assert (settings.service.replicas, settings.service.cpu_cores) == (2, 0.5)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("service.replicas", "1", 1),
        ("service.memory_gb", "3", 3.0),
        ("validation.accuracy_floor", "null", None),
        ("validation.require_gpu", "false", False),
        ("workspace.subscription_id", "0012", "0012"),
        ("workspace.name", "true", "true"),
        ("task.labels", "null", None),
        ("schedule.hours", "[3, 15]", (3, 15)),
        ("schedule.week_days", "[Friday]", ("Friday",)),
    ],
)
def test_text_from_outside_takes_the_type_of_its_key(key: str, text: str, value: object) -> None:
    variable = f"AMLGPU_{key.upper().replace('.', '__')}"
    section, name = key.split(".")
    for settings in (load_settings("prod", {key: text}, {}), load_settings("prod", environ={variable: text})):
        assert getattr(getattr(settings, section), name) == value


def test_gpu_enabled_is_enable_gpu() -> None:
    for key in ("enable_gpu", "gpu_enabled"):
        settings = load_settings("prod", {f"service.{key}": "false", "service.gpu_cores": "0"}, {})
        assert settings.service.enable_gpu is False


def test_both_names_of_enable_gpu_at_once_are_refused() -> None:
    assert "are the same key" in refusal({"service.enable_gpu": "true", "service.gpu_enabled": "true"})


@pytest.mark.parametrize(
    ("variable", "parts"),
    [
        ("AMLGPU_SERVICE__REPLICA", ["AMLGPU_SERVICE__REPLICA", "did you mean replicas?"]),
        ("AMLGPU_SERVICE_REPLICAS", ["did you mean AMLGPU_SERVICE__REPLICAS?", "Two underscores"]),
        ("AMLGPU_SERVCE_NAME", ["AMLGPU_SERVCE_NAME", "did you mean AMLGPU_SERVICE__NAME?"]),
        ("AMLGPU_SERVCE__NAME", ["did you mean AMLGPU_SERVICE__NAME?"]),
        ("AMLGPU_TARGETS", ["did you mean AMLGPU_TARGET?"]),
        ("AMLGPU_FOO", ["AMLGPU_FOO: there is no such variable; did you mean AMLGPU_"]),
        ("AMLGPU_SMOKE_TEST_IMAGES", ["did you mean AMLGPU_SMOKE_TEST__IMAGES?"]),
    ],
)
def test_misspelt_variable_is_refused(variable: str, parts: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings("local", environ={variable: "2"})
    for part in parts:
        assert part in str(caught.value)


def test_other_variables_are_left_alone() -> None:
    others = {"AMLGPU_HOME": "elsewhere", "PATH": "/bin", "SERVICE__REPLICAS": "9"}
    assert load_settings("local", environ=others) == load_settings("local", environ={})


def test_a_value_that_no_yaml_can_be_is_an_error_of_the_setting() -> None:
    for value in ("[" * 5000 + "]" * 5000, "9" * 5000, "2020-99-99", "!!int x"):
        with pytest.raises(ConfigError, match=r"service\.replicas"):
            load_settings("local", {"service.replicas": value}, environ={})
