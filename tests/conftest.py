"""What several kinds of tests need: the trained sample, and the folder of a registered version made of it."""

import shutil
from pathlib import Path

import pytest

from pipelines.sample import Sample, write_sample


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The sample model and its held-out images, trained once a test run; read-only."""
    return write_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def sample_model_dir(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a service with version 3 of the model "digits" sees as AZUREML_MODEL_DIR."""
    folder = tmp_path_factory.mktemp("azureml-models") / "digits" / "3"
    shutil.copytree(sample.model, folder / "model")
    return folder
