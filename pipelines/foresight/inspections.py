"""What was found out about SavedModels on this machine: the same content, settings and data aren't read again."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread

from pydantic import ValidationError

from config.settings import Settings
from pipelines.local import state_folder
from steps.registration.agreement import agrees
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
    known = _read(file)
    if known and agrees(known, settings, labels):
        return known
    found = inspect(saved_model, settings, labels, validation, data_checked=False)
    if found.contract is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found.model_dump_json(), encoding="utf-8")
    return found


def inspect_ahead(saved_model: Path, settings: Settings, validation: Path | None) -> Callable[[], None]:
    """Begin to inspect; what is returned waits for the end, after which inspection_of() knows what was found.

    Whatever stands in the way is left to inspection_of() to tell.
    """

    def inspect_it() -> None:
        with suppress(Exception):
            inspection_of(saved_model, content_hash(saved_model), settings, validation)

    # A daemon: whoever is interrupted doesn't wait for it, and the process that looks ends with this one.
    ahead = Thread(target=inspect_it, daemon=True)
    ahead.start()
    return ahead.join


def _read(file: Path) -> Inspection | None:
    try:
        return Inspection.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):  # not there, or half of it
        return None
