from pathlib import Path

import pytest

from config.loading.folder import FOLDER
from config.settings import load_settings
from pipelines.definition import STEPS, settings_variables, step_variables
from steps.scoring_environment import scoring_environment

OVERRIDES = {
    "service.replicas": "1",
    "service.enable_gpu": "false",
    "service.gpu_cores": "0",
    "service.memory_gb": "2.5",
    "cluster.resource_id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c",
    "validation.accuracy_floor": "null",
    "schedule.frequency": "Week",
    "schedule.week_days": "[Monday, Friday]",
    "schedule.hours": "[4]",
    "pipeline.name": "007",
}


@pytest.mark.parametrize("target", ["local", "dev", "prod"])
@pytest.mark.parametrize("overrides", [{}, OVERRIDES], ids=["plain", "overridden"])
def test_a_step_loads_the_settings_that_the_pipeline_was_built_with(target: str, overrides: dict[str, str]) -> None:
    settings = load_settings(target, overrides, environ={})
    again = load_settings(environ=settings_variables(settings))
    assert again.model_dump() == settings.model_dump()


def test_only_what_differs_from_the_file_is_set() -> None:
    settings = load_settings("local", {"service.replicas": "1"}, environ={"AMLGPU_MODEL__NAME": "cats"})
    assert settings_variables(settings) == {
        "AMLGPU_TARGET": "local",
        "AMLGPU_SERVICE": "digits",
        "AMLGPU_MODEL__NAME": "cats",
        "AMLGPU_SERVICE__REPLICAS": "1",
    }


def test_steps_run_in_the_scoring_environment_and_find_the_packages_beside_them(tmp_path: Path) -> None:
    from workspaces.jobs.pipelines import Definition
    from workspaces.v1.pipelines import run_configuration

    settings = load_settings("dev", environ={})
    environment, variables = scoring_environment(settings), step_variables(settings)
    definition = Definition(STEPS, {}, "gpus", environment, variables, tmp_path)
    configuration = run_configuration(definition)
    assert configuration.environment.name.startswith("aml-gpu-scoring-")
    assert configuration.environment_variables["PYTHONPATH"] == "."
    assert configuration.environment_variables["AMLGPU_TARGET"] == "dev"
    assert configuration.environment_variables["AMLGPU_SERVICE"] == "digits"


def test_what_a_step_says_to_type_leads_to_its_settings_on_any_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"AMLGPU_WORKSPACE__SUBSCRIPTION_ID": "of this machine alone"}
    settings = load_settings("dev", {"service.replicas": "1", "service.memory_gb": "2.5"}, here)
    monkeypatch.setenv("AMLGPU_CONFIG", str(FOLDER))

    in_a_step = load_settings(environ=step_variables(settings) | {"AMLGPU_CONFIG": str(FOLDER)})

    assert in_a_step.options == (
        f"--target dev --service digits --config {FOLDER} "
        "--set 'workspace.subscription_id=of this machine alone' --set service.memory_gb=2.5"
    )


def test_the_commit_is_found_wherever_the_command_is_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = load_settings("local", environ={})
    here = step_variables(settings)["AMLGPU_GIT_COMMIT"]
    monkeypatch.chdir(tmp_path)
    assert step_variables(settings)["AMLGPU_GIT_COMMIT"] == here
