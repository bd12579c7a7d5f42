import inspect
import shutil
from pathlib import Path

from azureml.core.webservice import AksWebservice

from config.settings import Settings
from steps.rollout.service import configuration, scoring_hash
from steps.scoring_environment import ROOT

# Left out on purpose: what only creating takes, what the cluster decides, and what the autoscaler alone uses.
NOT_OURS = {
    "autoscale_min_replicas",
    "autoscale_max_replicas",
    "autoscale_refresh_seconds",
    "autoscale_target_utilization",
    "primary_key",
    "secondary_key",
    "properties",
    "description",
    "namespace",
    "compute_target_name",
    "cpu_cores_limit",
    "memory_gb_limit",
    "blobfuse_enabled",
    "tags",
}


def test_no_default_of_the_sdk_decides(settings: Settings) -> None:
    offered = set(inspect.signature(AksWebservice.deploy_configuration).parameters)

    assert set(configuration(settings)) == offered - NOT_OURS


def test_create_and_update_take_the_same(settings: Settings) -> None:
    assert set(configuration(settings)) <= set(inspect.signature(AksWebservice.update).parameters)


def test_the_sdk_accepts_the_configuration(settings: Settings) -> None:
    deployment = AksWebservice.deploy_configuration(**configuration(settings))

    deployment.validate_configuration()
    assert (deployment.num_replicas, deployment.gpu_cores, deployment.autoscale_enabled) == (2, 1, False)
    assert deployment.initial_delay_seconds == settings.validation.startup_seconds


def test_the_scoring_hash_is_of_the_code_alone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scoring", tmp_path / "scoring", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "scoring" / "__pycache__").mkdir()
    (tmp_path / "scoring" / "__pycache__" / "score.pyc").write_bytes(b"x")

    assert scoring_hash(tmp_path) == scoring_hash(ROOT)
    (tmp_path / "scoring" / "score.py").write_text("another")
    assert scoring_hash(tmp_path) != scoring_hash(ROOT)
