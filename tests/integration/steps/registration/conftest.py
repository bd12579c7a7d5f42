"""The sample and its images on the datastore, and what register_model makes of folders there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from config.settings import load_settings
from tests.integration.steps.releasing import step_of

if TYPE_CHECKING:
    from azureml.core import Experiment

    from pipelines.sample_model import Sample
    from steps.artifacts.candidate import Candidate
    from steps.registration.findings_kept import KeptFindings
    from workspaces.v1.workspace import V1Workspace


@pytest.fixture(scope="module")
def uploaded(port: V1Workspace, sample: Sample) -> str:
    """The sample model's folder on the default datastore."""
    from steps.folders.datastore import upload_folder

    return upload_folder(port, sample.model, "models")


@pytest.fixture(scope="module")
def samples(port: V1Workspace, sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Three of the sample's images there."""
    from steps.folders.datastore import upload_folder

    folder = tmp_path_factory.mktemp("validation")
    lines = (sample.validation / "labels.csv").read_text().splitlines()[:4]
    (folder / "labels.csv").write_text("\n".join(lines))
    for line in lines[1:]:
        shutil.copy(sample.validation / line.split(",")[0], folder)
    return upload_folder(port, folder, "validation")


@pytest.fixture
def kept(experiment: Experiment) -> Iterator[KeptFindings]:
    """What a pipeline run's register_model keeps, and knows."""
    from steps.registration.findings_kept import KeptFindings

    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    yield KeptFindings(step_of(run, "register_model"))
    run.complete()


@pytest.fixture
def find(port: V1Workspace, samples: str, kept: KeptFindings, model_name: str) -> Callable[..., Candidate]:
    """The candidate that a model's parameter leads to: `find(uploaded, labels="names.txt")`.

    Without `name` it is registered as `model_name`, which each file has for itself.
    """
    from steps.register_model import Asked, Origin, find_candidate

    origin = Origin(git_commit="c" * 40, config_hash="d" * 12, run_id="run-1")

    def of(
        model: str, validation_data: str = samples, source: str = "-", name: str = model_name, **task: str
    ) -> Candidate:
        overrides = {"model.name": name} | {f"task.{key}": value for key, value in task.items()}
        settings = load_settings("local", overrides)
        return find_candidate(port, settings, Asked(model, validation_data, source), origin, kept)

    return of
