"""Submit one run of the pipeline as it stands in this checkout, published or not."""

from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings
from pipelines.definition import define_pipeline
from pipelines.foresight.choice import choose
from pipelines.foresight.obstacles import Proposal, as_one_error, find_obstacles
from pipelines.parameters import registered_choice
from steps.folders.datastore import Progress, unwatched, upload_folder
from workspaces.jobs.pipelines import Parameter
from workspaces.workspace import Workspace


@dataclass(frozen=True)
class Request:
    """What a run is asked for; None: what the pipeline does by itself."""

    model: str | None
    """A folder here, a version number, or ``latest``, which is the default."""
    validation_data: Path | None
    sample_count: int | None
    force_reason: str | None


def submit_run(workspace: Workspace, settings: Settings, request: Request, progress: Progress = unwatched) -> str:
    """Upload what is asked for and submit the pipeline; the id of the run. ``progress`` is told of what is sent.

    Nothing is uploaded where something would stop the run later: one error names all of that, the root cause first.
    """
    definition = define_pipeline(workspace, settings)
    choice = choose(workspace, settings, request.model or "latest", request.validation_data)
    forced = request.force_reason is not None
    proposal = Proposal(request.validation_data, request.sample_count, forced, starts=True)
    if obstacles := find_obstacles(workspace, settings, choice, proposal):
        raise as_one_error(obstacles)
    wanted = {
        **_model(workspace, request.model, progress),
        "validation_data": _validation_data(workspace, request.validation_data, progress),
        "sample_count": request.sample_count,
        "force_reason": request.force_reason,
    }
    parameters = {key: value for key, value in wanted.items() if value is not None}
    return workspace.pipelines.submit(definition, settings.pipeline.name, parameters)


def _model(workspace: Workspace, model: str | None, progress: Progress) -> dict[str, Parameter]:
    """The parameters that say which model: a folder is uploaded, and called by its name in every message."""
    if model is None:
        return {}
    if not Path(model).is_dir():
        return {"model": registered_choice(model)}
    called = f"./{model}" if model.startswith("-") else model  # a step would take it for an option
    return {"model": upload_folder(workspace, Path(model), "models", progress), "source": called}


def _validation_data(workspace: Workspace, folder: Path | None, progress: Progress) -> str | None:
    return upload_folder(workspace, folder, "validation", progress) if folder else None
