"""The model's outputs for samples, whichever way their images are scaled."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tensorflow as tf

from scoring.contract import Contract, Input, Task
from scoring.errors import RequestError, StartupError
from scoring.inputs.reader import open_reader
from scoring.model.decoding import decode
from scoring.model.network import Column
from scoring.settings import ServiceSettings
from steps.registration.contract.exploration.samples import Samples
from steps.registration.contract.findings import Signature
from steps.registration.contract.inference.meanings import Seen
from steps.registration.contract.inference.notes import Notes
from steps.registration.contract.opening import Answer, Arrays, open_model, questions
from steps.registration.contract.probing import seen_in
from steps.validation.samples.sample import Sample

MOST_BYTES = 256 * 2**20
"""Of outputs that are held; a network for masks gives some megabytes a sample."""
ByForm = Sequence[Arrays]
"""The outputs by name, one row each; one for each form of the input."""


@dataclass
class Outputs:
    """What a model answers to samples: each is asked about once, until time or memory is up."""

    answer: Answer
    """Takes images as the tensor that the signature has."""
    signature: str
    forms: Sequence[Input]
    """Of one kind; several differ in their scale."""
    outputs: Task
    until: float
    """On time.monotonic()'s clock."""
    known: dict[str, ByForm | None] = field(default_factory=dict)
    """By the sample's name; None for one that the service or the model refuses."""

    @property
    def draft(self) -> Contract:
        """A contract by which requests are read."""
        return Contract(signature=self.signature, input=self.forms[0], task=self.outputs)

    def of(self, samples: Sequence[Sample], place: int) -> dict[str, Arrays | None]:
        """By the sample's name, for the form at ``place``; each form has the same samples."""
        for sample in samples:
            if sample.name not in self.known and (not self.known or self._may_go_on()):
                self.known[sample.name] = self.of_body(sample.body)
        return {name: found[place] if found else None for name, found in self.known.items()}

    def _may_go_on(self) -> bool:
        arrays = [array for found in self.known.values() for one in found or () for array in one.values()]
        return time.monotonic() < self.until and sum(array.nbytes for array in arrays) < MOST_BYTES

    def of_body(self, body: bytes) -> ByForm | None:
        reader = open_reader(self.draft, ServiceSettings())
        try:
            reader.check(body)
            return self.of_columns([column[:1] for column in reader.read(body).columns])
        except (RequestError, tf.errors.OpError, ValueError):
            return None

    def of_columns(self, columns: Sequence[Column]) -> ByForm:
        """One row in; raises what TensorFlow raises."""
        if self.forms[0].kind != "image":
            return [self.answer(columns)] * len(self.forms)
        images = tf.constant(columns[0])
        arrays = self.answer([np.concatenate([np.asarray(decode(images, form)) for form in self.forms])])
        return [{name: array[row : row + 1] for name, array in arrays.items()} for row in range(len(self.forms))]


def open_outputs(saved_model: Path, signature: Signature, forms: Sequence[Input], until: float) -> Outputs | None:
    """None where the service can't load the model, of which look() says why."""
    outputs = Task(kind="tensors", outputs=signature.outputs)
    # Images are given to it as the numbers of one scale after the other.
    form = Input(kind="tensors", tensors=signature.inputs) if forms[0].kind == "image" else forms[0]
    try:
        answer = open_model(saved_model, Contract(signature=signature.key, input=form, task=outputs))
        found = Outputs(answer, signature.key, forms, outputs, until)
        open_reader(found.draft, ServiceSettings())
    except StartupError:
        return None
    return found


def seen_by(outputs: Outputs, samples: Samples) -> Sequence[Mapping[str, Seen]]:
    """What the first sample, or else a made-up one, shows of the outputs, for each form; empty where it fails."""
    found = _first(outputs, samples)
    return [{name: seen_in(array) for name, array in arrays.items()} for arrays in found or [{}] * len(outputs.forms)]


def _first(outputs: Outputs, samples: Samples) -> ByForm | None:
    if samples.contents is not None:
        first = samples.first(outputs.draft)
        return first and outputs.of_body(first[1])
    for given in questions(outputs.draft, None, Notes()):
        try:
            return outputs.of_columns([column[:1] for column in given.columns])
        except (tf.errors.OpError, ValueError):  # noqa: PERF203 -- a handful
            continue
    return None
