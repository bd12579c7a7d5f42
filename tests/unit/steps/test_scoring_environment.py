import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from config.errors import ConfigError
from config.settings import Settings, load_settings
from scoring.settings import ServiceSettings, read_settings
from steps.scoring_environment import ROOT, scoring_environment, scoring_variables


def with_overrides(**values: str) -> Settings:
    return load_settings("local", {key.replace("__", "."): value for key, value in values.items()}, environ={})


def test_the_same_content_has_the_same_name(settings: Settings) -> None:
    name = scoring_environment(settings).name

    assert name == scoring_environment(with_overrides(service__replicas="1")).name
    assert name.startswith("aml-gpu-scoring-")
    assert len(name.removeprefix("aml-gpu-scoring-")) == 12


@pytest.mark.parametrize(
    "values",
    [
        {"environment__base_image": "mcr.microsoft.com/azureml/openmpi5.0-cuda12.4-ubuntu22.04:20251130.v1"},
        {"validation__require_gpu": "true"},
        {"workspace__sdk": "v2"},
    ],
)
def test_other_content_has_another_name(settings: Settings, values: dict[str, str]) -> None:
    assert scoring_environment(with_overrides(**values)).name != scoring_environment(settings).name


def test_another_conda_file_has_another_name(settings: Settings, tmp_path: Path) -> None:
    conda_file = tmp_path / "environment.yml"
    shutil.copy(ROOT / "scoring" / "environment" / "pip.yml", conda_file)
    same = scoring_environment(with_overrides(environment__conda_file=str(conda_file)))
    conda_file.write_text(conda_file.read_text() + "# one more line\n")
    other = scoring_environment(with_overrides(environment__conda_file=str(conda_file)))

    assert same.conda == scoring_environment(settings).conda
    assert same.name != other.name


def test_the_image_is_the_settings_image_and_builds_without_a_gpu(settings: Settings) -> None:
    """Where conda chooses TensorFlow's build, it is told of a CUDA that isn't there."""
    image = f"FROM {settings.environment.base_image}\n"
    chosen = scoring_environment(with_overrides(environment__tensorflow="conda-forge"))
    own = scoring_environment(with_overrides(environment__conda_file="scoring/environment/conda-forge.yml"))

    assert scoring_environment(settings).dockerfile == image
    assert "tensorflow==" in scoring_environment(settings).conda
    assert chosen == own
    assert chosen.dockerfile == f"{image}ENV CONDA_OVERRIDE_CUDA=12.8\n"
    assert "tensorflow-gpu" in chosen.conda


def test_a_file_of_ones_own_says_which_tensorflow_it_is() -> None:
    with pytest.raises(
        ConfigError, match=r"conda_file=mine\.yml says which TensorFlow it is: leave out tensorflow=pip"
    ):
        with_overrides(environment__conda_file="mine.yml", environment__tensorflow="pip")


def test_the_gpu_requirement_reaches_the_service() -> None:
    variables = scoring_variables(with_overrides(validation__require_gpu="true", scoring__max_batch="4"), "float16")
    assert variables["SCORING_REQUIRE_GPU"] == "1"
    assert variables["SCORING_MAX_BATCH"] == "4"
    assert variables["SCORING_PRECISION"] == "float16"
    assert scoring_environment(with_overrides()).variables == scoring_variables(with_overrides())


def test_every_variable_is_one_that_the_service_reads() -> None:
    variables = scoring_variables(with_overrides())
    assert variables.pop("GUNICORN_CMD_ARGS").startswith("--worker-class scoring.worker.ScoringWorker")
    assert variables.pop("TF_ENABLE_ONEDNN_OPTS") == "1"
    assert read_settings(variables) == replace(ServiceSettings(), timeout_ms=60_000)
    assert {name.removeprefix("SCORING_").lower() for name in variables} <= set(vars(ServiceSettings()))


def test_limits_reach_the_service() -> None:
    assert read_settings(scoring_variables(with_overrides())).max_pixels is None
    limits = {"max_body_megabytes": "2", "max_pixels": "5000", "max_rows": "6", "max_values": "700"}
    read = read_settings(
        scoring_variables(with_overrides(**{f"scoring__{name}": text for name, text in limits.items()}))
    )
    assert (read.max_body_bytes, read.max_pixels, read.max_rows, read.max_values) == (2 * 2**20, 5000, 6, 700)


def test_plain_server_is_left_alone() -> None:
    assert "GUNICORN_CMD_ARGS" not in scoring_variables(
        with_overrides(scoring__server="plain", service__max_concurrent_requests="1")
    )


def test_the_sdk_leaves_the_hashes_as_they_are(settings: Settings) -> None:
    from azureml.core import Environment

    from workspaces.v1.environments import sdk_environment

    environment = scoring_environment(settings)
    sent = Environment._serialize_to_dict(sdk_environment(environment))["python"]["condaDependencies"]
    assert sent["channels"] == ["conda-forge", "nodefaults"]
    assert sent["dependencies"] == yaml.safe_load(environment.conda)["dependencies"]
    assert "--require-hashes" in sent["dependencies"][-1]["pip"]


def test_the_sdk_takes_it_for_a_service(settings: Settings) -> None:
    from azureml.core.model import InferenceConfig

    from workspaces.v1.environments import sdk_environment

    environment = sdk_environment(scoring_environment(settings))
    inference = InferenceConfig("scoring/score.py", source_directory=str(ROOT), environment=environment)

    inference.validate_configuration()
    assert environment.docker.base_image is None


def test_a_missing_conda_file_is_named() -> None:
    with pytest.raises(ConfigError, match=r"environment\.conda_file=nowhere\.yml: no such file"):
        scoring_environment(with_overrides(environment__conda_file="nowhere.yml"))


def test_xla_is_told_to_compile_for_processors_too() -> None:
    assert "TF_XLA_FLAGS" not in scoring_variables(with_overrides())
    assert scoring_variables(with_overrides(scoring__xla="true"))["TF_XLA_FLAGS"] == "--tf_xla_cpu_global_jit"


def test_sampling_reaches_the_service_only_where_it_is_on() -> None:
    assert not any("SAMPLE" in name for name in scoring_variables(with_overrides()))
    on = {"monitoring__share": "0.1", "monitoring__folder": "/samples", "monitoring__file_megabytes": "2"}
    read = read_settings(scoring_variables(with_overrides(**on, monitoring__keep_images="true")))
    assert (read.sample_share, read.sample_folder, read.sample_images) == (0.1, "/samples", True)
    assert (read.sample_file_bytes, read.sample_files) == (2 * 2**20, 10)
    assert read_settings(scoring_variables(with_overrides(monitoring__share="1.0"))).sample_folder == ""
