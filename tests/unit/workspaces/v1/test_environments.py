from pathlib import Path

from azureml.core.model import InferenceConfig

from workspaces.environments import Environment
from workspaces.v1.environments import sdk_environment

DOCKERFILE = (
    "FROM mcr.microsoft.com/azureml/openmpi5.0-cuda12.6-ubuntu24.04:20251130.v1\nENV CONDA_OVERRIDE_CUDA=12.8\n"
)
CONDA = "name: scoring\ndependencies:\n- python=3.11\n- pip:\n  - tensorflow==2.21.0\n"
SCORING = Environment("scoring-0123456789ab", DOCKERFILE, CONDA, {"SCORING_MAX_BATCH": "16"})


def test_the_image_is_built_from_the_dockerfile_and_from_no_image_of_the_sdks_choice() -> None:
    docker = sdk_environment(SCORING).docker

    assert docker.base_image is None
    assert docker.base_dockerfile == DOCKERFILE


def test_the_packages_and_the_variables_are_those_of_the_definition() -> None:
    made = sdk_environment(SCORING)
    conda = made.python.conda_dependencies

    assert made.name == SCORING.name
    assert list(conda.conda_packages) == ["python=3.11"]
    assert list(conda.pip_packages) == ["tensorflow==2.21.0"]
    assert made.environment_variables == SCORING.variables


def test_the_sdk_takes_it_for_a_service(tmp_path: Path) -> None:
    (tmp_path / "score.py").touch()
    inference = InferenceConfig("score.py", source_directory=str(tmp_path), environment=sdk_environment(SCORING))

    inference.validate_configuration()
