"""The Azure ML environment that the steps and the service run in: one definition, so what was tested is what serves."""

import hashlib
import json
from pathlib import Path

from azureml.core import Environment
from azureml.core.conda_dependencies import CondaDependencies

from config.errors import ConfigError
from config.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
HASH_LENGTH = 12
# Images are built on machines without a GPU, where conda sees no CUDA and would refuse TensorFlow's GPU build.
# 12.8 is what conda-forge's tensorflow-gpu 2.19 was built for.
DOCKERFILE = "FROM {base_image}\nENV CONDA_OVERRIDE_CUDA=12.8\n"


def scoring_variables(settings: Settings) -> dict[str, str]:
    """The environment variables that scoring/ reads."""
    return {"SCORING_REQUIRE_GPU": str(int(settings.validation.require_gpu))}


def scoring_environment(settings: Settings) -> Environment:
    """The environment, named by a hash of its content: another content never gets an image built for this one.

    ConfigError when settings.environment.conda_file isn't there.
    """
    conda_file = ROOT / settings.environment.conda_file
    if not conda_file.is_file():
        raise ConfigError(f"environment.conda_file={settings.environment.conda_file}: no such file below {ROOT.name}/")
    dockerfile = DOCKERFILE.format(base_image=settings.environment.base_image)
    variables = scoring_variables(settings)
    content = json.dumps([conda_file.read_text(encoding="utf-8"), dockerfile, variables], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()[:HASH_LENGTH]
    environment = Environment(f"{settings.environment.name}-{digest}")
    environment.docker.base_image = None
    environment.docker.base_dockerfile = dockerfile
    environment.python.conda_dependencies = CondaDependencies(str(conda_file))
    environment.environment_variables = variables
    return environment
