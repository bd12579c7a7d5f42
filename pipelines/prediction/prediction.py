"""Ask a model that serves nowhere yet about files, by what a service's settings make of it."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import ModelError
from config.settings import Settings
from pipelines.live.query import Answer, Unanswered
from pipelines.prediction.request import Replies, Reply, Request, Wishes
from scoring.contract import version_folder
from steps.registration.contract.child_process import Died, ask
from steps.registration.labels import read_label_names
from steps.registration.versions import download_version, find_latest, find_version
from steps.scoring_environment import scoring_variables
from workspaces.workspace import Workspace

CHILD = "pipelines.prediction.child"
TIME_LIMIT = 600.0  # seconds, for the model's start and all answers


Told = Sequence[Answer | Unanswered]


def predict_by_folder(settings: Settings, saved_model: Path, files: Sequence[str]) -> Told:
    """What a service of the SavedModel would answer, in the files' order. ModelError where it can't be served."""
    wishes = Wishes(input=settings.input, task=settings.task, labels=read_label_names(settings.task))
    return _predict(settings, saved_model, wishes, str(saved_model), files)


def predict_by_version(workspace: Workspace, settings: Settings, choice: str, files: Sequence[str]) -> Told:
    """The same of a registered version, by its number or ``latest``. ModelError where there is none."""
    name = settings.model.name
    version = (
        find_latest(workspace, name, settings.options)
        if choice == "latest"
        else find_version(workspace, name, int(choice), settings.options)
    )
    with TemporaryDirectory(prefix="amlgpu-predict-") as folder:
        model_dir = download_version(workspace, version, Path(folder))
        return _predict(settings, version_folder(model_dir), None, version.id, files)


def _predict(settings: Settings, folder: Path, wishes: Wishes | None, model: str, files: Sequence[str]) -> Told:
    request = Request(
        folder=folder,
        called=model,
        wishes=wishes,
        files=tuple(files),
        longest=settings.scoring.max_body_megabytes * 2**20,
    )
    try:
        found = Replies.model_validate_json(ask(CHILD, request, TIME_LIMIT, _variables(settings)))
    except Died as how:
        raise ModelError(f"{model}: TensorFlow didn't survive the model: {how}") from None
    if found.refusal:
        raise ModelError(found.refusal)
    return [_told(reply, model, found.device) for reply in found.replies]


def _variables(settings: Settings) -> dict[str, str]:
    """The service's, but for what is of its machine or its frozen graph: the answers are the same without."""
    own = {"SCORING_REQUIRE_GPU": "0", "SCORING_XLA": "0", "SCORING_PRECISION": "float32"}
    return scoring_variables(settings) | own


def _told(reply: Reply, model: str, device: str) -> Answer | Unanswered:
    return Unanswered(reply.file, reply.error) if reply.error else Answer(reply.file, reply.body, model, device)
