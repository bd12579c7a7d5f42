"""Microsoft's samples of SDK v2, from a checkout of azureml-examples, unchanged but for workspace and data.

    AZUREML_EXAMPLES=CHECKOUT AZUREML_EXAMPLES_PYTHON=VENV/bin/python pytest -m soak tests/soak/examples

The environment has `emulator[sdk-v2]` and what `requirements.txt` names. Some minutes; the table of what ran is in
emulator/docs/samples.md.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from tests.soak.examples.notebook import program_of
from tests.soak.examples.samples import SAMPLES, Sample

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]

TAKEN = ("sdk/python", "cli/endpoints/online/custom-container/minimal/multimodel")
CONNECT = """
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential
client = MLClient.from_config(DefaultAzureCredential())
"""
COMPUTES = """
from azure.ai.ml.entities import AmlCompute
for name, size in {"cpu-cluster": "Standard_DS3_v2", "gpu-cluster": "Standard_NC4as_T4_v3"}.items():
    client.compute.begin_create_or_update(AmlCompute(name=name, size=size, max_instances=2)).result()
"""
JOBS = """
import time
going = True
while going:
    jobs = list(client.jobs.list())
    going = [job for job in jobs if job.status not in ("Completed", "Failed", "Canceled")]
    time.sleep(1)
print("not completed:", [(job.display_name, job.status) for job in jobs if job.status != "Completed"])
"""


@dataclass(frozen=True)
class Shell:
    """One that has evaluated `azureml-emulator env`."""

    python: str
    folder: Path
    variables: dict[str, str]

    def run(self, program: str, folder: Path) -> str:
        file = folder / "sample.py"
        file.write_text(program, encoding="utf-8")
        ended = subprocess.run(
            [self.python, str(file)], cwd=folder, env=self.variables, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    checkout, python = os.environ.get("AZUREML_EXAMPLES"), os.environ.get("AZUREML_EXAMPLES_PYTHON")
    if not (checkout and python):
        pytest.skip("AZUREML_EXAMPLES and AZUREML_EXAMPLES_PYTHON name no checkout and no Python for it")
    folder = tmp_path_factory.mktemp("examples")
    for part in TAKEN:
        shutil.copytree(Path(checkout) / part, folder / part)
    config = {"subscription_id": SUBSCRIPTION, "resource_group": RESOURCE_GROUP, "workspace_name": NAME}
    (folder / "config.json").write_text(json.dumps(config))
    plain = {"PATH": f"{Path(python).parent}:{os.environ['PATH']}", "HOME": str(folder)}
    emulator = [python, "-m", "azureml_emulator"]
    start = [*emulator, "env", "--start", "--json"]
    printed = subprocess.run(start, cwd=folder, env=plain, capture_output=True, text=True, check=True).stdout
    variables = plain | {name: value for name, value in json.loads(printed).items() if value}
    made = Shell(python, folder, variables)
    try:
        made.run(CONNECT + COMPUTES, folder)
        yield made
    finally:
        subprocess.run([*emulator, "down"], cwd=folder, env=plain, check=True)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: Path(sample.notebook).stem)
def test_sample(shell: Shell, sample: Sample) -> None:
    notebook = shell.folder / "sdk" / "python" / sample.notebook
    shell.run(program_of(notebook, sample.changes, sample.left_out), notebook.parent)


def test_jobs_that_no_sample_waits_for_complete_too(shell: Shell) -> None:
    assert shell.run(CONNECT + JOBS, shell.folder).endswith("not completed: []\n")
