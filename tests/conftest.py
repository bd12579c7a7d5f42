"""What several kinds of tests need: the SDK sent to a local workspace, and the trained sample."""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.daemon import ADDRESS_FILE
from emulator.preparation import free_port
from emulator.redirect import CLOUD, write_cloud_metadata
from emulator.workspace import Address

if TYPE_CHECKING:
    from pipelines.sample import Sample

_MACHINE = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Send the SDK to the local workspace of the integration tests, which is yet to be started, and to an empty home.

    azureml.core reads both when it is imported, and pytest imports every test module before the first fixture runs.
    """
    machine = config.stash[_MACHINE] = Path(tempfile.mkdtemp(prefix="amlgpu-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(machine, ignore_errors=True))
    state = machine / "state"
    state.mkdir()
    (machine / "home").mkdir()
    address = Address(free_port(), free_port())
    write_cloud_metadata(state, address)
    # A local workspace takes the ports of its last life.
    last_life = {"http": address.http, "tls": address.tls, "pid": 0, "workspace_id": ""}
    (state / ADDRESS_FILE).write_text(json.dumps(last_life))
    os.environ |= {
        "HOME": str(machine / "home"),
        "ARM_CLOUD_METADATA_URL": (state / "clouds.json").as_uri(),
        "AZUREML_CURRENT_CLOUD": CLOUD,
        "HBI_WORKSPACE_JOB": "true",
    }


@pytest.fixture(scope="session")
def local_workspace_folder(pytestconfig: pytest.Config) -> Path:
    """State folder of the one local workspace that the SDK of this process can reach."""
    return pytestconfig.stash[_MACHINE] / "state"


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> "Sample":
    """The sample model and its held-out images, trained once a test run; read-only."""
    from pipelines.sample import write_sample  # takes seconds: it loads TensorFlow

    return write_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def sample_model_dir(sample: "Sample", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a service with version 3 of the model "digits" sees as AZUREML_MODEL_DIR, frozen as registering does it."""
    from steps.saved_model import freeze

    folder = tmp_path_factory.mktemp("azureml-models") / "digits" / "3"
    shutil.copytree(sample.model, folder / "model")
    assert freeze(folder / "model") is None
    return folder
