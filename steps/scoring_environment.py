"""The Azure ML environment that the steps and the service run in: one definition, so what was tested is what serves."""

import hashlib
import json
import math
from pathlib import Path

from config.errors import ConfigError
from config.settings import Settings
from workspaces.environments import Environment

ROOT = Path(__file__).resolve().parents[1]
HASH_LENGTH = 12
# gunicorn loads its worker class before Azure ML's server has put the service's code on the path. The code lies in
# "source" (see steps/scoring_source.py) below /var/azureml-app, which may or may not be where gunicorn is started.
BATCHING_SERVER = "--worker-class scoring.worker.ScoringWorker --pythonpath source,/var/azureml-app/source"
DOCKERFILE = "FROM {base_image}\n"
# Images are built on machines without a GPU, where conda sees no CUDA and would refuse TensorFlow's GPU build.
# 12.8 is what conda-forge's tensorflow-gpu 2.19 was built for.
CUDA_FOR_CONDA = "ENV CONDA_OVERRIDE_CUDA=12.8\n"
CONDA_FILES = "scoring/environment/{tensorflow}.yml"


def scoring_variables(settings: Settings, precision: str | None = None) -> dict[str, str]:
    """The environment variables of the service; ``precision`` is the one that validation settled on, if it has."""
    service, scoring = settings.service, settings.scoring
    variables = {
        "SCORING_REQUIRE_GPU": str(int(settings.validation.require_gpu)),
        "SCORING_PRECISION": precision or scoring.precision,
        "SCORING_XLA": str(int(scoring.xla)),
        "SCORING_MAX_BATCH": str(scoring.max_batch),
        "SCORING_LANES": str(scoring.lanes),
        "SCORING_MAX_QUEUE": str(scoring.max_queue),
        "SCORING_MAX_BODY_BYTES": str(scoring.max_body_megabytes * 2**20),
        "SCORING_MAX_ROWS": str(scoring.max_rows),
        "SCORING_MAX_VALUES": str(scoring.max_values),
        "SCORING_TIMEOUT_MS": str(service.scoring_timeout_ms),
        "TF_ENABLE_ONEDNN_OPTS": "1",  # fused convolutions on any x86 CPU; by default on some newer ones only
    }
    if scoring.max_pixels:
        variables["SCORING_MAX_PIXELS"] = str(scoring.max_pixels)
    monitoring = settings.monitoring
    if monitoring.share:
        variables |= {
            "SCORING_SAMPLE_SHARE": str(monitoring.share),
            "SCORING_SAMPLE_FILE_BYTES": str(monitoring.file_megabytes * 2**20),
            "SCORING_SAMPLE_FILES": str(monitoring.files),
            "SCORING_SAMPLE_IMAGES": str(int(monitoring.keep_images)),
        }
        if monitoring.folder:
            variables["SCORING_SAMPLE_FOLDER"] = monitoring.folder
    if scoring.xla:
        variables["TF_XLA_FLAGS"] = "--tf_xla_cpu_global_jit"  # else XLA compiles for GPUs only
    if scoring.server == "batching":
        # What was accepted may take until its deadline; gunicorn would end the process after 30 s.
        graceful = math.ceil(service.scoring_timeout_ms / 1000) + 1
        variables["GUNICORN_CMD_ARGS"] = f"{BATCHING_SERVER} --graceful-timeout {graceful}"
    return variables


def scoring_environment(settings: Settings, precision: str | None = None) -> Environment:
    """The environment, named by a hash of its content: another content never gets an image built for this one.

    ``precision`` is as in scoring_variables(). ConfigError when settings.environment.conda_file isn't there.
    """
    wanted = settings.environment
    conda_file = ROOT / (wanted.conda_file or CONDA_FILES.format(tensorflow=wanted.tensorflow))
    if not conda_file.is_file():
        raise ConfigError(f"environment.conda_file={wanted.conda_file}: no such file below {ROOT.name}/")
    solved_by_conda = wanted.conda_file or wanted.tensorflow == "conda-forge"
    dockerfile = DOCKERFILE.format(base_image=wanted.base_image) + (CUDA_FOR_CONDA if solved_by_conda else "")
    variables = scoring_variables(settings, precision)
    conda = conda_file.read_text(encoding="utf-8")
    # A Dockerfile as a text is SDK v1's alone: one name can't have it and be the build context that SDK v2 makes of it.
    of_sdk = [] if settings.workspace.sdk == "v1" else [settings.workspace.sdk]
    content = json.dumps([conda, dockerfile, variables, *of_sdk], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()[:HASH_LENGTH]
    return Environment(f"{wanted.name}-{digest}", dockerfile, conda, variables)
