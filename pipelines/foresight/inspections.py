"""What was found out about SavedModels on this machine: the same content, settings and data aren't read again."""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import ValidationError

from config.settings import Settings
from pipelines.local import state_folder
from steps.registration.contract.findings import Inspection
from steps.registration.contract.inspection import inspect
from steps.registration.identity import wishes_hash
from steps.registration.labels import read_label_names
from steps.registration.saved_model import content_hash
from steps.scoring_environment import ROOT

FOLDER = "inspections"
LENGTH = 12
CODE = ("scoring", "steps/registration/contract", "steps/validation/samples")
"""What the findings depend on beside the model, the settings and TensorFlow."""


def inspection_of(saved_model: Path, digest: str, settings: Settings, validation: Path | None) -> Inspection:
    """What inspect() finds; kept for the next time where the model can be served.

    ``digest`` is the SavedModel's content hash. The validation data is evidence, as it is for the step that registers.
    ConfigError where the labels file can't be read.
    """
    labels = read_label_names(settings.task)
    data = content_hash(validation)[:LENGTH] if validation else "no-data"
    name = f"{digest[:LENGTH]}-{wishes_hash(settings, labels)}-{data}-{_code_hash()}.json"
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


def _tensorflow() -> str:
    try:
        return version("tensorflow")
    except PackageNotFoundError:  # a build of another name, such as tensorflow-cpu
        return ""


def _code_hash() -> str:
    digest = hashlib.sha256(_tensorflow().encode())
    for file in sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:LENGTH]
