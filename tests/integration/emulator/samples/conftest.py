"""What the samples start from: a folder with config.json, scripts in it, a cluster that may exist already."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.core.compute import AmlCompute


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Puts a file beside the notebook: `notebook("steps/train.py", "print('hello')")`."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, content: str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        return file

    return write


@pytest.fixture
def ws(workspace: Workspace, notebook: Callable[..., Path]) -> Workspace:
    """The workspace as every notebook opens it."""
    from azureml.core import Workspace

    config = {"subscription_id": SUBSCRIPTION, "resource_group": RESOURCE_GROUP, "workspace_name": NAME}
    notebook(".azureml/config.json", json.dumps(config))
    return Workspace.from_config()


@pytest.fixture
def aml_compute(ws: Workspace) -> AmlCompute:
    """Found or created, in the words that the pipeline notebooks share."""
    from azureml.core.compute import AmlCompute, ComputeTarget
    from azureml.core.compute_target import ComputeTargetException

    try:
        return AmlCompute(ws, "cpu-cluster")
    except ComputeTargetException:
        configuration = AmlCompute.provisioning_configuration(vm_size="STANDARD_D2_V2", min_nodes=1, max_nodes=4)
        created = ComputeTarget.create(ws, "cpu-cluster", configuration)
        created.wait_for_completion(show_output=True, min_node_count=None, timeout_in_minutes=20)
        return created
