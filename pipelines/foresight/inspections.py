"""What was found out about SavedModels on this machine: the same content, settings and data aren't read again."""

from pathlib import Path

from pydantic import ValidationError

from config.settings import Settings
from pipelines.local import state_folder
from steps.registration.contract.findings import Inspection
from steps.registration.contract.inspection import inspect
from steps.registration.identity import wishes_hash
from steps.registration.labels import read_label_names
from steps.registration.looked import code_hash
from steps.registration.saved_model import content_hash

FOLDER = "inspections"
LENGTH = 12


def inspection_of(saved_model: Path, digest: str, settings: Settings, validation: Path | None) -> Inspection:
    """What inspect() finds; kept for the next time where the model can be served.

    ``digest`` is the SavedModel's content hash. The validation data is evidence, as it is for the step that registers.
    ConfigError where the labels file can't be read.
    """
    labels = read_label_names(settings.task)
    data = content_hash(validation)[:LENGTH] if validation else "no-data"
    name = f"{digest[:LENGTH]}-{wishes_hash(settings, labels)}-{data}-{code_hash()}.json"
    file = state_folder() / FOLDER / name
    if known := _read(file):
        return known
    found = inspect(saved_model, settings, labels, validation, data_checked=False)
    if found.contract is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found.model_dump_json(), encoding="utf-8")
    return found


def _read(file: Path) -> Inspection | None:
    try:
        return Inspection.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):  # not there, or half of it
        return None
