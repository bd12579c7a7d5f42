"""Where a step or script writes, and where that lies afterwards."""

import fnmatch
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from azureml_emulator.azure.runs.data.paths import data_folder, make_link, path_on_compute
from azureml_emulator.azure.runs.data.ports import Place, place, wire_location
from azureml_emulator.azure.storage.datastores.registry import default_name, uri_of
from azureml_emulator.errors import NotSupported
from azureml_emulator.state.disk.file_names import files_below, readable, spell_out
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_MODES = ("mount", "upload")
_PIPELINE_DATA = "azureml/{run-id}/{output-name}"
_OUTPUT_DATASET = "dataset/{run-id}/{output-name}"


@dataclass(frozen=True)
class Output:
    """Written straight to its place in mode mount; in mode upload beside it, and copied when the step succeeded."""

    place: Place
    folder: Path
    at: Path | None = None
    """Its path_on_compute."""
    mode: str = "mount"
    overwrite: bool = False
    globs: tuple[str, ...] = ()
    registration: Document | None = None
    is_dataset: bool = False
    type: str = "uri_folder"
    """As SDK v2 names it."""
    may_be_file: bool = False
    """Only its folder is there before the step runs: the script may write a file, or make a folder of that name."""

    @property
    def local(self) -> Path:
        """Where the step writes it."""
        return self.at or self.folder

    def wire(self) -> Document:
        sizes = {"LogicalSizeInBytes": 0, "PhysicalSizeInBytes": 0, "Hash": None}
        return {"DataTypeId": "AnyDirectory", "DataLocation": wire_location(self.place)} | sizes


def to_document(output: Output) -> Document:
    """What steps that read it later have to know, as JSON."""
    kind = {"is_dataset": output.is_dataset, "type": output.type}
    return asdict(output.place) | {"folder": str(output.place.folder)} | kind


def from_document(document: Document) -> Output:
    """An output that a step has written, of what to_document() gave."""
    fields = {key: value for key, value in document.items() if key not in ("is_dataset", "type")}
    where = Place(**fields | {"folder": Path(fields["folder"]), "transformations": tuple(fields["transformations"])})
    kind = document.get("type") or "uri_folder"
    return Output(where, where.folder, is_dataset=document["is_dataset"], type=kind)


def plan_outputs(workspace: LocalWorkspace, run_id: str, node: Document, definition: Document) -> dict[str, Output]:
    """By name. Raises NotSupported for a mode that the local workspace does not have, BadRequest for a bad path."""
    settings = node.get("ModuleOutputSettings") or []
    files = {port["Name"] for port in definition.get("Outputs") or [] if port.get("DataTypeId") == "AnyFile"}
    return {
        setting["Name"]: plan_output(workspace, run_id, setting, may_be_file=setting["Name"] in files)
        for setting in settings
    }


def plan_output(workspace: LocalWorkspace, run_id: str, setting: Document, *, may_be_file: bool) -> Output:
    """`setting` is what a node of a graph says of one output. Raises as plan_outputs does."""
    name, mode = setting["Name"], str(setting.get("DataStoreMode") or "mount").lower()
    if mode not in _MODES:
        raise NotSupported(f"outputs with the mode {mode}, as '{name}' has")
    options, registration = setting.get("DatasetOutputOptions"), setting.get("DatasetRegistration") or {}
    template = (options or {}).get("PathOnDatastore") or (_PIPELINE_DATA if options is None else _OUTPUT_DATASET)
    path = template.replace("{run-id}", run_id).replace("{output-name}", name)
    there = place(workspace, setting.get("DataStoreName") or default_name(workspace), path)
    transformation = registration.get("AdditionalTransformations")
    if transformation:
        there = Place(there.datastore, there.path, there.folder, (transformation,))
    own, at = (
        data_folder(workspace, run_id, "outputs", name),
        path_on_compute(workspace, run_id, setting.get("PathOnCompute")),
    )
    return Output(
        place=there,
        # A link at its path_on_compute must lead through the run's own folder, which is how it is known as the run's.
        folder=there.folder if mode == "mount" and at is None else own,
        at=at,
        mode=mode,
        overwrite=bool(setting.get("Overwrite")),
        globs=tuple(((options or {}).get("SourceGlobs") or {}).get("GlobPatterns") or ()),
        registration=registration if registration.get("Name") else None,
        is_dataset=options is not None,
        may_be_file=may_be_file and options is None and mode == "mount",
    )


def prepare(workspace: LocalWorkspace, output: Output) -> None:
    """Make the folder that a step writes to. Raises DataError where its path_on_compute is taken."""
    if output.may_be_file and not output.at:
        output.folder.parent.mkdir(parents=True, exist_ok=True)
        return
    output.place.folder.mkdir(parents=True, exist_ok=True)
    output.folder.parent.mkdir(parents=True, exist_ok=True)
    if output.mode == "mount" and output.at:
        output.folder.symlink_to(output.place.folder)
    else:
        output.folder.mkdir(exist_ok=True)
    if output.at:
        make_link(workspace, output.at, output.folder)


def upload(name: str, output: Output) -> None:
    """Copy what a step wrote to its place, where all names are text afterwards.

    Raises FileExistsError for a file that may not be overwritten.
    """
    if output.mode != "upload":
        spell_out(output.place.folder)
        return
    for file in files_below(output.folder):
        if not _is_wanted(file, output.globs):
            continue
        relative = readable(file.relative_to(output.folder).as_posix())
        target = output.place.folder / relative
        if target.exists() and not output.overwrite:
            raise FileExistsError(
                f"output '{name}': {output.place.path}/{relative} is on datastore '{output.place.datastore}' already, "
                "and overwrite is not set"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def addresses(outputs: Mapping[str, Output]) -> Document:
    """Where the outputs of a run are, by name, as its document in run history keeps them."""
    return {
        name: {key: getattr(output.place, key) for key in ("datastore", "path")}
        | {"uri": uri_of(output.place.datastore, output.place.path), "type": output.type}
        for name, output in outputs.items()
    }


def _is_wanted(file: Path, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatch.fnmatch(file.as_posix(), pattern) for pattern in globs)
