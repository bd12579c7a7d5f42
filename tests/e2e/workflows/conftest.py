"""A repository whose workflows release to the local workspace, once as dev and once as prod."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine
from tests.e2e.workflows.checkout import Checkout
from tests.e2e.workflows.workflow import Job, Repository
from workspaces.computes import ClusterId

CLUSTER = ClusterId(SUBSCRIPTION, RESOURCE_GROUP, "aks")
TARGET = f"""
workspace: {{subscription_id: 00000000-0000-0000-0000-000000000000, resource_group: {RESOURCE_GROUP}, name: {NAME}}}
compute: {{vm_size: Standard_NC4as_T4_v3}}
cluster: {{resource_id: {CLUSTER}, vm_size: Standard_NC4as_T4_v3, nodes: 3, purpose: DevTest}}
"""
SERVICE = """
service: {{enable_gpu: true, gpu_cores: 1, cpu_cores: 1.0, memory_gb: 2.0, replicas: 1}}
validation: {{require_gpu: false, accuracy_floor: 0.8, startup_seconds: 120, concurrency: 1, {more}}}
targets:
  dev:
    service: {{name: digits-dev}}
"""
FILE = "config/services/digits.yml"
LAX = {FILE: SERVICE.format(more="minimum_samples: 50")}
STRICT = {FILE: SERVICE.format(more="latency_p50_ms: 0.001")}
"""No model answers so quickly."""
VARIABLES = {"AZURE_TENANT_ID": "a-tenant", "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION}
LOGS = "a-log-workspace"

Typed = Callable[..., str]


@pytest.fixture(scope="module")
def repository(machine: Machine, sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Everything set up as docs/azure.md says, and nothing released yet."""
    machine.succeed("local", "up")
    machine.succeed("local", "cluster", "aks", "--nodes", "3")
    targets: dict[str, str | Path] = {f"config/targets/{name}.yml": TARGET for name in ("dev", "prod")}
    checkout = Checkout(tmp_path_factory.mktemp("repository"))
    checkout.make(targets | LAX | {"models/digits": sample.model, "models/validation": sample.validation})
    names = ("dev", "prod", "dev-follow", "prod-follow")
    environments = {name: {"AZURE_CLIENT_ID": f"application-of-{name}"} for name in names}
    environments["prod"]["DRIFT_LOGS"] = LOGS
    signed_in = machine.json("local", "env")
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "2"}
    return Repository(checkout, dict(VARIABLES), environments, signed_in, quiet)


@pytest.fixture(scope="module")
def typed(repository: Repository) -> Typed:
    """`amlgpu` as a person types it who is signed in, in a checkout of the repository."""

    def run(*words: str) -> str:
        repository.checkout.clean()
        repository.checkout.set_up("")
        return subprocess.run(
            [".venv/bin/amlgpu", *words],
            cwd=repository.checkout.source,
            env=repository.environment(repository.signed_in) | {"AMLGPU_WORKSPACE__SUBSCRIPTION_ID": SUBSCRIPTION},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    run("provision", "--target", "prod", "--yes")
    return run


@pytest.fixture(scope="module")
def first(repository: Repository, typed: Typed) -> dict[str, Job]:
    """The first model, which lies in the repository, released to prod."""
    assert json.loads(typed("status", "--target", "prod", "--json"))["compute"]
    return repository.dispatch(
        "first-release.yml", target="prod", model="models/digits", validation_data="models/validation"
    )
