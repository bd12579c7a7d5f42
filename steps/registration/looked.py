"""What was found out about SavedModels in this workspace: the same content, settings, data and code are looked at once.

Only what a step of a run found counts here, in the environment that serves; where a model couldn't be served nothing is
kept, so each run says anew what stands in the way.
"""

import hashlib
from collections.abc import Iterable, Sequence
from importlib.metadata import distributions, packages_distributions, version
from pathlib import Path

from pydantic import ValidationError

from scoring.contract import Contract
from steps.artifacts.artifact import Part
from steps.folders.source_tree import no_source
from steps.folders.tree import files_in
from steps.registration.agreement import agrees
from steps.registration.contract.findings import Inspection, Wishes
from steps.registration.findings_kept import KeptFindings
from steps.registration.identity import wishes_hash
from steps.registration.saved_model import content_hash
from steps.validation.samples.bringing import RemoteSamples
from steps.validation.samples.contents import Contents, contents_of

LENGTH = 12
PACKAGE = "tensorflow"
ROOT = Path(__file__).resolve().parents[2]
CODE = (
    "config/errors.py",
    "config/escaping/inert.py",
    "config/exit_codes.py",
    "config/sections/base.py",
    "config/sections/contract.py",
    "scoring",
    "steps/artifacts/artifact.py",
    "steps/folders/source_tree.py",
    "steps/folders/stored_names.py",
    "steps/folders/tree.py",
    "steps/registration/contract",
    "steps/registration/looked.py",
    "steps/validation/samples",
)
"""Files and folders of all that is imported to look: what the findings depend on beside the model, the settings, the
data and TensorFlow."""


class Looked(Part):
    """What a look at a SavedModel found."""

    inspection: Inspection
    is_default: bool
    """Whether a version of before there were contracts is served by the same."""
    run_id: str = ""
    """The pipeline run that looked; empty: what it found isn't kept."""


def look_once(
    kept: KeptFindings | None,
    saved_model: Path,
    digest: str,
    settings: Wishes,
    labels: Sequence[str],
    data: Path | RemoteSamples | None,
) -> Looked:
    """What looking finds, from ``kept`` where it has what a run found and these settings can lead to; else kept there.

    ``digest`` is the SavedModel's content hash; ``data`` is the validation data, which tells of the model too.
    """
    key = _key(digest, settings, labels, data)
    if kept is None or key is None:
        return _look(saved_model, settings, labels, data)
    known = _known(kept, key)
    if known and agrees(known.inspection, settings, labels):
        return known
    looked = _look(saved_model, settings, labels, data).model_copy(update={"run_id": kept.finder})
    if looked.inspection.contract is not None:
        kept.write(key, looked.model_dump_json().encode())
    return looked


def code_hash() -> str:
    """What changes when this project's code that looks, or TensorFlow, does."""
    digest = hashlib.sha256(" ".join(_tensorflow()).encode())
    for file in sorted(path for code in CODE for path in _modules(ROOT / code)):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:LENGTH]


def _key(digest: str, settings: Wishes, labels: Sequence[str], data: Path | RemoteSamples | None) -> str | None:
    """None where the data's content can't be told without reading all of it from the datastore."""
    told = data.content_hash if isinstance(data, RemoteSamples) else content_hash(data) if data else "no data"
    if told is None:
        return None
    return hashlib.sha256("\n".join([digest, wishes_hash(settings, labels), told, code_hash()]).encode()).hexdigest()


def _known(kept: KeptFindings, key: str) -> Looked | None:
    """What a run found out; anybody else's file is looked over, and written anew."""
    content = kept.read(key)
    try:
        known = Looked.model_validate_json(content) if content else None
    except ValidationError:  # of another version of this project
        return None
    if content and known and not kept.believed(key, content, known.run_id):
        print(f"the findings {key[:LENGTH]} on the datastore aren't what the run {known.run_id} found: looked anew")
        return None
    return known


def _look(saved_model: Path, settings: Wishes, labels: Sequence[str], data: Path | RemoteSamples | None) -> Looked:
    # In this process: `amlgpu run` has looked in one of its own, and freezing needs TensorFlow here anyway.
    from steps.registration.contract.looking import look

    inspection = look(saved_model, settings, labels, _contents(data), data_checked=False)
    contract = inspection.contract
    return Looked(inspection=inspection, is_default=contract is not None and _is_default(contract, saved_model))


def _contents(data: Path | RemoteSamples | None) -> Contents | None:
    if data is None:
        return None
    return data.contents if isinstance(data, RemoteSamples) else contents_of(data)


def _is_default(contract: Contract, saved_model: Path) -> bool:
    from scoring.errors import StartupError
    from scoring.model.signature import default_contract  # imports TensorFlow

    try:
        return contract == default_contract(saved_model)
    except StartupError:
        return False


def _modules(code: Path) -> Iterable[Path]:
    return (
        [file for name, file in files_in(code, no_source).items() if name.endswith(".py")] if code.is_dir() else [code]
    )


def _tensorflow() -> list[str]:
    """The distributions that bring the package, with their versions: tensorflow, tensorflow-cpu, tf-nightly, …"""
    # Not packages_distributions(), which reads the list of files of each distribution: a second, where there are many.
    brought = [one for one in distributions() if PACKAGE in (one.read_text("top_level.txt") or "").split()]
    names = {one.name for one in brought} or set(packages_distributions().get(PACKAGE, ()))
    return sorted(f"{name} {version(name)}" for name in names)
