import pytest

from config.settings import Settings, load_settings
from steps.rollout.configuration import configuration_of
from steps.rollout.put_back import emergency, settings_to_prove
from workspaces.services import ServiceState
from workspaces.v1.staging import LONGEST_NAME, staged_name

PROD = load_settings("prod", environ={})


def test_an_emergency_says_what_to_type(state: ServiceState) -> None:
    said = emergency("digits", state, "409 Conflict", PROD)

    assert said.startswith("EMERGENCY: service digits is not what it should be, and couldn't be put back to digits:3")
    assert "409 Conflict" in said
    assert "  amlgpu rollback --to 3 --target prod --service digits" in said.splitlines()


def test_an_emergency_of_a_service_that_a_parameter_chose_names_it_in_the_commands(state: ServiceState) -> None:
    said = emergency("letters", state, "409 Conflict", PROD)

    assert "  amlgpu rollback --to 3 --target prod --service digits --set service.name=letters" in said.splitlines()


def test_what_a_parameter_holds_is_quoted_in_the_commands(state: ServiceState) -> None:
    said = emergency("letters; true", state, "409 Conflict", PROD)

    assert "--service digits --set 'service.name=letters; true'" in said


def test_where_nothing_was_before_the_service_has_to_go() -> None:
    said = emergency("digits", None, "409 Conflict", PROD)

    assert "couldn't be removed" in said
    assert "  amlgpu teardown --target prod --service digits" in said.splitlines()


def test_a_service_gets_back_what_it_had(state: ServiceState, settings: Settings) -> None:
    had = state.model_copy(update={"replicas": 5, "memory_gb": 7.5, "cpu_cores": None})

    wanted = configuration_of(had, settings)

    assert (wanted.replicas, wanted.memory_gb) == (5, 7.5)
    assert wanted.cpu_cores == settings.service.cpu_cores


def test_a_service_scales_again_as_it_did(state: ServiceState, settings: Settings) -> None:
    service = settings.service.model_copy(update={"autoscale_max_replicas": 9, "enable_app_insights": True})
    by_now = settings.model_copy(update={"service": service})
    scaled = {"autoscaling": True, "autoscale_max_replicas": 4, "autoscale_target_utilization": 50}

    had = configuration_of(state.model_copy(update=scaled | {"enable_app_insights": False}), by_now)
    fixed = configuration_of(state, by_now)

    assert (had.replicas, had.autoscale_max_replicas, had.autoscale_target_utilization) == (2, 4, 50)
    assert not had.enable_app_insights
    assert fixed.autoscale_max_replicas is None
    assert fixed.enable_app_insights  # which an earlier artifact doesn't tell


@pytest.mark.parametrize("left_out", [0, None])
def test_a_service_that_had_no_gpu_is_put_back_and_proven_without(
    state: ServiceState, settings: Settings, left_out: int | None
) -> None:
    """Also where the candidate that failed was the first one on GPUs."""
    validation = settings.validation.model_copy(update={"require_gpu": True})
    by_now, had = (
        settings.model_copy(update={"validation": validation}),
        state.model_copy(update={"gpu_cores": left_out}),
    )

    assert configuration_of(had, by_now).gpu_cores == 0
    assert not settings_to_prove(had, by_now).validation.require_gpu
    assert settings_to_prove(state, by_now).validation.require_gpu


def test_the_staged_service_has_a_name_that_azure_ml_takes() -> None:
    assert staged_name("digits") == "digits-staged"
    assert len(staged_name("d" * LONGEST_NAME)) == LONGEST_NAME


def test_the_staged_service_is_never_the_live_one_nor_that_of_another() -> None:
    name = "d" * 25 + "-staged"

    assert staged_name(name) != name
    assert staged_name("d" * 30 + "-a") != staged_name("d" * 30 + "-b")
