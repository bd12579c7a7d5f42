"""What several kinds of tests need: the SDK sent to a local workspace, and the trained sample."""

import fcntl
import gc
import json
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azureml_emulator.command.preparation import prepare
from tests.conformance.reporting import NAME, Conformance
from tests.trust import trust_itself_alone

if TYPE_CHECKING:
    from pipelines.sample_model import Sample

_MACHINE = pytest.StashKey[Path]()
READ_AT_IMPORT = ("ARM_CLOUD_METADATA_URL", "AZUREML_CURRENT_CLOUD", "AZURE_CONFIG_DIR", "HBI_WORKSPACE_JOB")


def pytest_configure(config: pytest.Config) -> None:
    """Send the SDK to the local workspace of the integration tests, which is yet to be started, and to an empty home.

    azureml.core reads both when it is imported, and pytest imports every test module before the first fixture runs.
    """
    temporary = os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # its own folders stay there
    machine = config.stash[_MACHINE] = Path(tempfile.mkdtemp(prefix="amlgpu-tests-", dir=temporary))
    config.add_cleanup(lambda: shutil.rmtree(machine, ignore_errors=True))
    for name in ("home", "tmp"):
        (machine / name).mkdir()
    # The SDK and TensorFlow leave files, the latter where a process is killed.
    tempfile.tempdir = os.environ["TMPDIR"] = str(machine / "tmp")
    trust_itself_alone(machine / "state")
    variables = prepare(machine / "state")
    config.pluginmanager.register(Conformance(), NAME)
    os.environ |= {"HOME": str(machine / "home")} | {name: variables[name] for name in READ_AT_IMPORT}


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """All modules and tests stay to the end: a third of collecting them went into looking for garbage among them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def local_workspace_folder(pytestconfig: pytest.Config) -> Path:
    """State folder of the one local workspace that the SDK of this process can reach."""
    return pytestconfig.stash[_MACHINE] / "state"


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the whole test run: each worker of pytest-xdist has its own below it."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def sample(shared: Path) -> "Sample":
    """The sample model and its held-out images, trained once a test run; read-only."""
    from pipelines.sample_model import Sample, write_sample  # takes seconds: it loads TensorFlow

    folder, facts = shared / "sample", shared / "sample.json"
    with one_at_a_time(shared / "sample.lock"):
        if not facts.exists():
            made = write_sample(folder)
            facts.write_text(json.dumps({"images": made.images, "accuracy": made.accuracy}))
    return Sample(folder / "model", folder / "validation", **json.loads(facts.read_text()))


@pytest.fixture(scope="session")
def sample_model_dir(sample: "Sample", shared: Path) -> Path:
    """What a service with version 3 of the model "digits" sees as AZUREML_MODEL_DIR, frozen as registering does it."""
    from steps.registration.saved_model import freeze

    folder = shared / "azureml-models" / "digits" / "3"
    with one_at_a_time(shared / "model.lock"):
        if not folder.exists():
            shutil.copytree(sample.model, folder / "model")
            assert freeze(folder / "model") is None
    return folder
