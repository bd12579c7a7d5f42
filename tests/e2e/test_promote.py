"""A whole release in one workspace, and in another what the first has proven."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from azureml_emulator.state.workspace import RESOURCE_GROUP, SUBSCRIPTION
from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine
from tests.e2e.support.two_workspaces import CLUSTER, PROD, two_workspaces

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

SERVICE = {
    "service": {"cpu_cores": 0.5, "memory_gb": 1.0, "replicas": 1},
    "scoring": {"max_batch": 16},
    "validation": {"require_gpu": False, "accuracy_floor": 0.9, "startup_seconds": 120, "concurrency": 1},
}


def target_of(name: str) -> dict[str, object]:
    size = "Standard_NC4as_T4_v3"
    return {
        "workspace": {"subscription_id": SUBSCRIPTION, "resource_group": RESOURCE_GROUP, "name": name},
        "compute": {"vm_size": size},
        "cluster": {"vm_size": size, "nodes": 3, "purpose": "FastProd", "resource_id": CLUSTER},
    }


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Machine]:
    """A machine of a team with the targets dev and prod, two workspaces."""
    settings = {
        "targets/dev.yml": target_of("local"),
        "targets/prod.yml": target_of(PROD),
        "services/digits.yml": SERVICE,
    }
    for name, content in settings.items():
        (tmp_path / "config" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "config" / name).write_text(yaml.safe_dump(content))
    (tmp_path / "home").mkdir()
    with two_workspaces(tmp_path) as variables:
        yield Machine(tmp_path, 1, {**variables, "AMLGPU_CONFIG": str(tmp_path / "config")})


def test_what_dev_released_is_released_by_prod_and_says_where_it_comes_from(team: Machine, sample: Sample) -> None:
    for target in ("dev", "prod"):
        team.succeed("provision", "--target", target, "--yes")
    data = ("--model", sample.model, "--validation-data", sample.validation)
    released = team.json("run", "--target", "dev", *data)
    team.succeed("publish", "--target", "prod")

    promoted = team.json("promote", "--from", "dev", "--target", "prod")
    report = team.json("follow", promoted["run_id"], "--target", "prod")

    assert promoted["version"] == 1
    assert report["status"] in ("Finished", "Completed")
    assert report["candidate"]["promoted_from"] == promoted["promoted_from"]
    assert report["candidate"]["content_hash"] == released["candidate"]["content_hash"]
    assert report["candidate"]["contract"] == released["candidate"]["contract"]
    assert report["candidate"]["validation_data"] == released["candidate"]["validation_data"]
    assert f"/workspaces/local/models/digits/versions/1/runs/{released['run_id']}/" in promoted["promoted_from"]
    live = team.json("status", "--target", "prod")["service"]
    assert live["state"] == "Healthy"
    assert live["promoted_from"] == f"digits:1 of local, run {released['run_id']}"
    page = (Path(report["report"]) / "report.md").read_text()
    assert "promoted from" in page
    assert team.json("promote", "--from", "dev", "--target", "prod", "--dry-run")["serves"] == ["digits:1"]
