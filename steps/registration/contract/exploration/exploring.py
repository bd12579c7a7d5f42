"""Tries the settings that a SavedModel doesn't tell on labelled samples, in this process."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import scoring.model.lean_tensorflow  # noqa: F401  # before TensorFlow
from scoring.contract import Contract
from scoring.errors import StartupError
from scoring.model.signature import read_meta_graph, read_signatures
from steps.registration.contract.exploration.answering import open_outputs, seen_by
from steps.registration.contract.exploration.naming import named
from steps.registration.contract.exploration.ranking import Candidate, ranked
from steps.registration.contract.exploration.results import Exploration, Try, differing_keys
from steps.registration.contract.exploration.samples import Samples, read_samples
from steps.registration.contract.exploration.trials import Trial, measured
from steps.registration.contract.exploration.wishes import inputs_of, signatures_of, tasks_of
from steps.registration.contract.findings import Said, Signature
from steps.registration.contract.folder import find_obstacle
from steps.registration.contract.graph.hints import Hints, read_hints
from steps.registration.contract.inference.answers import Evidence
from steps.registration.contract.looking import look
from steps.registration.contract.validation import with_problems

TRIAL_SECONDS = 90.0
"""In which the samples have to be answered; then those that were must do."""


def explore(saved_model: Path, labels: Sequence[str] = (), validation: Path | None = None) -> Exploration:
    """Everything that can be found out about the model: by itself, and by its answers to the samples.

    `labels` are the classes' names in the model's order, empty where nobody said them.
    """
    samples = read_samples(validation)
    tries = ranked([one for each in _signatures(saved_model) for one in _tries(saved_model, *each, labels, samples)])
    if not tries:
        # Names of another number of classes than it has: what it is without them says so.
        other = explore(saved_model, (), validation).best if labels else None
        said = Said(input=other.input, task=other.task) if other else Said()
        return Exploration(inspection=look(saved_model, said, labels, validation))
    best = tries[0]
    found = look(saved_model, Said(input=best.input, task=best.task), best.labels or labels, validation)
    found = with_problems(found, samples.broken.values())
    undecided = differing_keys(tries) if validation is None and found.contract else ()
    first = samples.first(best.contract)
    return Exploration(
        inspection=found, tries=tries, undecided=undecided, samples=samples.count, sample=first and first[0]
    )


def _signatures(saved_model: Path) -> Iterator[tuple[Signature, Hints]]:
    """None where it can't be read, of which look() says why."""
    if find_obstacle(saved_model):
        return
    try:
        meta_graph = read_meta_graph(saved_model)
        found = [
            Signature(key=key, inputs=one.inputs, outputs=one.outputs)
            for key, one in read_signatures(saved_model).items()
        ]
    except StartupError:
        return
    yield from ((one, read_hints(meta_graph, one.key)) for one in signatures_of(found))


def _tries(
    saved_model: Path, signature: Signature, hints: Hints, labels: Sequence[str], samples: Samples
) -> Iterator[Candidate]:
    inputs = inputs_of(signature, hints, of_json=samples.of_json)
    for kind in dict.fromkeys(form.kind for _, form in inputs):
        wishes, forms = zip(*((wish, form) for wish, form in inputs if form.kind == kind), strict=True)
        outputs = open_outputs(saved_model, signature, forms, time.monotonic() + TRIAL_SECONDS)
        if outputs is None:
            continue
        seen = seen_by(outputs, samples)
        found = []
        for place, (wish, form, of_form) in enumerate(zip(wishes, forms, seen, strict=True)):
            for said, task in tasks_of(signature, hints, labels, Evidence(of_form, samples.labels)):
                contract = Contract(signature=signature.key, input=form, task=named(task, samples.names))
                one = Try(input=wish, task=said, labels=contract.task.labels, contract=contract)
                found.append(Trial(one, outputs, place, samples, order_guessed=bool(one.labels) and not labels))
        yield from measured(found)
