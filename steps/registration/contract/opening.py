"""Opens a model as the service does, and makes what it is asked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scoring.contract import Contract
from scoring.errors import RequestError
from scoring.inputs.examples import pad
from scoring.inputs.probe import probes
from scoring.inputs.reader import IMAGES, open_reader
from scoring.model.network import Column, open_network
from scoring.settings import ServiceSettings
from scoring.tasks.answer import Array
from steps.registration.contract.inference.notes import Notes
from steps.registration.contract.validation import WHERE

Arrays = Mapping[str, Array]
Answer = Callable[[Sequence[Column]], Arrays]
"""Takes a column an input, gives the outputs by name; raises what TensorFlow raises."""
ROWS = 2
"""Enough to see whether each gets an answer of its own."""


@dataclass(frozen=True)
class Given:
    """What the model is asked: a column an input, ROWS rows."""

    columns: Sequence[Column]
    name: str
    certain: bool
    """Whether a sound model answers it: what is made up for tensors and texts may be nothing that it knows."""


def open_model(saved_model: Path, contract: Contract) -> Answer:
    """The SavedModel itself, also where it carries a frozen graph. StartupError for what the service can't load."""
    network = open_network(saved_model, contract, frozen=False)

    def answer(columns: Sequence[Column]) -> Arrays:
        arrays = network.call(columns)
        return {name: np.asarray(array) for name, array in zip(network.outputs, arrays, strict=True)}

    return answer


def questions(contract: Contract, own: tuple[str, bytes] | None, notes: Notes) -> Iterator[Given]:
    """The user's own request, a sample's name and the body, or else what is made up, the likeliest first.

    StartupError for an input that no request can carry; `notes` gets an obstacle for a body that the service refuses.
    """
    reader = open_reader(contract, ServiceSettings())
    if own is None:
        for made_up in probes(contract):
            columns = pad(made_up.examples.columns, 1, ROWS)
            yield Given(columns, made_up.name, contract.input.kind in IMAGES)
        return
    name, body = f"the validation sample {own[0]}", own[1]
    try:
        reader.check(body)
        examples = reader.read(body)
    except RequestError as error:
        notes.stop(f"The service refuses {name}: {error}", WHERE, "Mend the sample.")
        return
    yield Given(pad([column[:1] for column in examples.columns], 1, ROWS), name, True)
