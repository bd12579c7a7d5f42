"""The files of before are given as they were: config/local.yml and config/dev.yml, shortened."""

from pathlib import Path

import pytest
import yaml

from config.errors import ConfigError
from config.settings import load_settings

WHERE = """
workspace: {subscription_id: s, resource_group: g, name: w}
compute: {vm_size: Standard_NC4as_T4_v3}
cluster: {vm_size: Standard_NC4as_T4_v3, nodes: 3, purpose: FastProd}
"""
CLUSTER = "resource_id: /subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c"
"""What the files of before could leave out."""
WHAT = """
service: {name: SERVICE, enable_gpu: true, gpu_cores: 1, cpu_cores: 1.0, memory_gb: 2.0, replicas: 2}
model: {name: digits}
validation: {require_gpu: false}
"""


@pytest.fixture
def before(tmp_path: Path) -> Path:
    (tmp_path / "local.yml").write_text(WHERE + WHAT.replace("SERVICE", "digits"))
    (tmp_path / "dev.yml").write_text(WHERE + WHAT.replace("SERVICE", "digits-dev"))
    (tmp_path / "prices.yml").write_text("workspace: {}")
    (tmp_path / "compose.yml").write_text("services: {}")
    return tmp_path


def refusal(folder: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings("dev", environ={"AMLGPU_CONFIG": str(folder)})
    return str(caught.value)


def test_files_of_before_are_told_where_everything_goes(before: Path) -> None:
    said = refusal(before)
    assert said.startswith(f"{before}/dev.yml, {before}/local.yml: settings are in two kinds of files now")
    assert f"workspace, compute, cluster (environment too, if you like) to {before}/targets/dev.yml, " in said
    assert "with `local: true` in the workspace of local" in said
    assert f"to {before}/services/NAME.yml" in said
    assert "prices" not in said
    assert "compose" not in said


def test_doing_what_is_said_continues_what_is_in_the_workspaces(before: Path) -> None:
    said = refusal(before)
    names = yaml.safe_load(said.partition("how it is called:\n")[2])
    for folder in ("targets", "services"):
        (before / folder).mkdir()
    for target in ("local", "dev"):
        (before / "targets" / f"{target}.yml").write_text(WHERE.replace("FastProd}", f"FastProd, {CLUSTER}}}"))
    service = yaml.safe_load(WHAT.replace("name: SERVICE, ", ""))
    (before / "services" / "anything.yml").write_text(yaml.safe_dump(service | names))
    assert refusal(before).startswith(f"{before}/dev.yml, {before}/local.yml: not read any more: settings are in ")
    for target in ("local", "dev"):
        (before / f"{target}.yml").unlink()

    settings = load_settings("dev", environ={"AMLGPU_CONFIG": str(before)})

    assert (settings.model.name, settings.service.name) == ("digits", "digits-dev")
    assert (settings.pipeline.name, settings.pipeline.endpoint) == ("gpu-release", "gpu-release")
    assert settings.schedule.name == "gpu-release-schedule"
    assert load_settings("local", environ={"AMLGPU_CONFIG": str(before)}).service.name == "digits"


def test_names_of_their_own_are_repeated(before: Path) -> None:
    (before / "dev.yml").write_text("pipeline: {endpoint: nightly}\nschedule: {name: nights}\n")
    names = yaml.safe_load(refusal(before).partition("how it is called:\n")[2])
    assert names["targets"]["dev"] == {"pipeline": {"endpoint": "nightly"}, "schedule": {"name": "nights"}}
    assert names["pipeline"] == {"name": "gpu-release"}


def test_a_folder_with_neither_says_what_has_to_be_there(tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text("service: [")
    assert refusal(tmp_path).startswith(f"{tmp_path}: holds no settings: {tmp_path}/targets/NAME.yml says where")
