"""Where the files of a model version are: as MLflow says it, and as an asset of the workspace refers to them."""

import re
from urllib.parse import unquote

from azureml_emulator.azure.mlflow.logged_models import KIND
from azureml_emulator.azure.storage.artifacts.content import EXPERIMENT_RUN, artifact_file
from azureml_emulator.errors import BadRequest, NotFound
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_OF_RUN = re.compile(r"(?:azureml://.*/runs/(?P<run>[^/]+)/artifacts|runs:/(?P<named>[^/]+))/(?P<path>.+)")
_LOGGED = re.compile(r"models:/(?P<model>m-[0-9a-f]+)(?P<path>/.+)?")
_UPLOADED = re.compile(r"azureml://artifacts/(?P<reference>[^/]+/[^/]+/.+)")


def reference_of(workspace: LocalWorkspace, source: str) -> str:
    """`ORIGIN/CONTAINER/PATH` of the files at a source. Raises BadRequest for another kind of source, or NotFound."""
    plain = unquote(source).rstrip("/")
    if match := _LOGGED.fullmatch(plain):
        model = workspace.store.get(KIND, match["model"])
        plain = f"runs:/{model['source_run_id']}/{model['folder']}{match['path'] or ''}"
    if match := _OF_RUN.fullmatch(plain):
        run = workspace.store.get("run", match["run"] or match["named"])
        reference = f"{EXPERIMENT_RUN}/{run['dataContainerId']}/{match['path']}"
    elif match := _UPLOADED.fullmatch(plain):
        reference = match["reference"]
    else:
        raise BadRequest(f"the source {shortened(source)} of a model is neither a run's file or folder, nor an upload")
    if not artifact_file(workspace, *reference.split("/", 2)).exists():
        raise NotFound(f"there is nothing at the source {shortened(source)} of a model: log it before")
    return reference


def uri_of(workspace: LocalWorkspace, model: Document) -> str:
    """Of a version's one file or folder. Raises BadRequest for a version that has several, which MLflow never does."""
    asset = workspace.store.get("asset", str(model["url"]).removeprefix("aml://asset/"))
    references = [str(part.get("prefix") or part["id"]).rstrip("/") for part in asset["artifacts"]]
    if len(references) != 1:
        raise BadRequest(f"model {model['id']} is {len(references)} files: download it by Model.download()")
    return f"azureml://artifacts/{references[0]}"
