"""Everything that is found out about a SavedModel, in this process. inspect() calls it in one of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import scoring.model.lean_tensorflow  # noqa: F401  # before TensorFlow
from scoring.contract import Contract, Input
from scoring.errors import StartupError
from scoring.model.signature import read_meta_graph, read_signatures
from steps.registration.contract.findings import Inspection, Obstacle, Probe, ScaleFit, Signature, Wishes
from steps.registration.contract.folder import find_missing_variables, find_obstacle
from steps.registration.contract.graph.hints import Hints, has_variables, read_hints
from steps.registration.contract.inference.answers import infer_task
from steps.registration.contract.inference.meanings import Seen
from steps.registration.contract.inference.notes import Notes, list_text
from steps.registration.contract.inference.takes import infer_input
from steps.registration.contract.opening import Run, open_model
from steps.registration.contract.probing import probe, reason
from steps.registration.contract.samples import Sample, read_validation
from steps.registration.contract.scales import suggest_scale, try_scales

SAMPLES = 100
"""Of the validation data, to find the scale by."""


def look(saved_model: Path, wishes: Wishes, labels: Sequence[str], validation: Path | None) -> Inspection:
    """As inspect(), without its protection."""
    obstacle = find_obstacle(saved_model)
    if obstacle is not None:
        return Inspection(obstacles=(obstacle,))
    try:
        meta_graph, signatures = read_meta_graph(saved_model), read_signatures(saved_model)
    except StartupError as error:
        mend = "Copy the whole folder again, or export it anew."
        return Inspection(obstacles=(Obstacle(what=str(error), where="saved_model.pb", mend=mend),))
    found = tuple(Signature(**asdict(signature)) for signature in signatures.values())
    notes = Notes()
    signature = _choose(found, wishes, notes)
    if signature is None:
        return Inspection(signatures=found, obstacles=tuple(notes.obstacles))
    hints = read_hints(meta_graph, signature.key)
    samples = read_validation(validation, SAMPLES) if validation else []
    return _Look(saved_model, signature, hints, wishes, labels, samples, found)
