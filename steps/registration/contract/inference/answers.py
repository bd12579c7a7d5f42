"""Infers what the outputs mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from config.sections.contract import Task as Wish
from scoring.contract import Task, TaskKind, Tensor
from steps.registration.contract.findings import Signature
from steps.registration.contract.graph.hints import Hints
from steps.registration.contract.inference.logits import infer_logits
from steps.registration.contract.inference.meanings import Output, Seen, meaning, outputs_of
from steps.registration.contract.inference.notes import Notes, list_text, shape_text
from steps.validation.samples.summary import Labels

LABELS_OUTPUT = "classes"
FORMS: Mapping[TaskKind, str] = {
    "classification": "a float [None, classes]",
    "multilabel": "a float [None, labels]",
    "binary": "a float [None], [None, 1] or [None, 2]",
    "regression": "a float [None] or [None, values]",
}
NAMED = {"classification", "multilabel", "binary"}
AS_THEY_ARE = "`task: {kind: tensors}` to answer all outputs as they are"

ONE_VALUE = {
    "kind: regression": "for a number as it is",
    "kind: binary, logits: true": "for a score before the sigmoid",
    "kind: tensors": "to answer it as it is",
}
SEVERAL_VALUES = {
    "kind: classification, logits: true": "for scores of classes before the softmax",
    "kind: multilabel, logits: true": "for scores of labels before the sigmoid",
    "kind: regression": "for numbers as they are",
    "kind: tensors": "to answer it as it is",
}
LIKELY: Mapping[Labels, Sequence[str]] = {
    "numbers": ("kind: classification, logits: true", "kind: binary, logits: true"),
    "names": ("kind: classification, logits: true", "kind: binary, logits: true"),
    "several": ("kind: multilabel, logits: true",),
    "values": ("kind: regression",),
    "outputs": ("kind: tensors",),
}


@dataclass(frozen=True)
class Evidence:
    """What is known beside the SavedModel itself."""

    seen: Mapping[str, Seen] = field(default_factory=dict)
    """What a run of the model showed of its outputs, by their names."""
    labels: Labels | None = None
    """What the validation data says of its samples."""


def infer_task(
    signature: Signature, hints: Hints, wish: Wish, labels: Sequence[str], evidence: Evidence, notes: Notes
) -> tuple[Task | None, int | None]:
    """The task, and how many classes, labels or values it has; None where `notes` gets an obstacle."""
    outputs = outputs_of(signature.outputs, hints.last, evidence.seen)
    if not outputs:
        notes.stop("The signature has no output.", f"signature {signature.key}", "Export a function that returns one.")
        return None, None
    if wish.output is not None:
        outputs = tuple(output for output in outputs if output.tensor.name == wish.output)
        if not outputs:
            names = ", ".join(tensor.name for tensor in signature.outputs)
            notes.stop(f"There is no output {wish.output}.", "task.output", f"Name one of: {names}.")
            return None, None
    if wish.kind == "tensors":
        _refuse_complex(outputs, notes)
        notes.know("task.kind", "tensors", "said in task.kind")
        return Task(kind="tensors", outputs=tuple(_as_it_is(output) for output in outputs)), None
    output = _choose(outputs, wish, notes)
    kind = _kind(output, wish, evidence, notes) if output is not None else None
    if output is None or kind is None:
        return None, None
    logits = infer_logits(output, kind, wish, notes)
    count = 2 if kind == "binary" else output.columns
    _check_labels(labels, kind, count, wish, notes)
    task = Task(
        kind=kind,
        outputs=(_tensor(output) if kind in NAMED else _as_it_is(output),),
        logits=logits,
        label_output=_label_output(signature.outputs, notes) if kind == "classification" else None,
        labels=tuple(labels) if kind in NAMED else (),
        top_k=wish.top_k if kind == "classification" else None,
        threshold=wish.threshold,
        unit=wish.unit if kind == "regression" else None,
    )
    return task, count


def _tensor(output: Output) -> Tensor:
    return output.tensor.model_copy(update={"shape": output.shape})


def _as_it_is(output: Output) -> Tensor:
    """Of free dimensions: a size that came back once may follow the request's, or what the model found in it."""
    return output.tensor.model_copy(update={"shape": output.declared})


def _refuse_complex(outputs: Sequence[Output], notes: Notes) -> None:
    """JSON has real numbers alone: what is answered would be the real part, as if there were no other."""
    for output in filter(_is_complex, outputs):
        notes.stop(
            f"It is {output.tensor.dtype}, and JSON has no complex numbers.",
            f"output {output.tensor.name}",
            "Export its parts as two outputs, tf.math.real(x) and tf.math.imag(x), or leave it out.",
        )


def _is_complex(output: Output) -> bool:
    return output.tensor.dtype.startswith("complex")


def _choose(outputs: tuple[Output, ...], wish: Wish, notes: Notes) -> Output | None:
    """The output that answers."""
    suitable = [output for output in outputs if output.suits and (wish.kind is None or output.fits(wish.kind))]
    if not suitable:
        _refuse_complex(outputs, notes)
        outputs = tuple(output for output in outputs if not _is_complex(output))
    if not outputs:
        return None
    if not suitable:
        needed = FORMS[wish.kind] if wish.kind else "a float [None, n] or [None], such as probabilities"
        found = list_text(tuple(_tensor(output) for output in outputs))
        untold = any(output.seen is None and not output.shape for output in outputs)  # nor by a run of the model
        (notes.ask if untold else notes.stop)(
            f"No output is {needed}{f', which {wish.kind} needs' if wish.kind else ''}: {found}.",
            "task.kind" if wish.kind else "the outputs",
            f"Write {AS_THEY_ARE}, or export a signature that returns one.",
        )
        return None
    if len(suitable) == 1:
        how = "said in task.output" if wish.output else "the only output" + (" that suits" if len(outputs) > 1 else "")
        notes.know("task.output", suitable[0].tensor.name, how)
        return suitable[0]
    telling = [output for output in suitable if _agrees(output, wish.kind)]
    named = [output for output in telling if output.tensor.name == "probabilities"]
    if len(telling) == 1 or named:
        chosen = (named or telling)[0]
        how = "its name" if named else "the only output that tells what it is"
        notes.know("task.output", chosen.tensor.name, how)
        return chosen
    names = [output.tensor.name for output in suitable]
    notes.stop(
        f"{len(suitable)} outputs could be the answer: {list_text(tuple(output.tensor for output in suitable))}.",
        "the outputs",
        f"Write `task: {{output: {names[0]}}}` (or {', '.join(names[1:])}) into the service's file, or {AS_THEY_ARE}.",
    )
    return None


def _agrees(output: Output, kind: TaskKind | None) -> bool:
    found = meaning(output)
    return found is not None and kind in (None, found.kind)


def _kind(output: Output, wish: Wish, evidence: Evidence, notes: Notes) -> TaskKind | None:
    if wish.kind is not None:
        notes.know("task.kind", wish.kind, "said in task.kind")
        return wish.kind
    found = meaning(output)
    if found is not None:
        notes.know("task.kind", found.kind, found.how)
        return found.kind
    notes.ask(
        f"Nothing tells what its values mean ({output.tensor.dtype} {shape_text(_tensor(output))}"
        f"{f', computed by {output.last}' if output.last else ''}).",
        f"output {output.tensor.name}",
        f"Write into the service's file: {_choices(output, evidence.labels)}.",
    )
    return None


def _choices(output: Output, labels: Labels | None) -> str:
    one = output.columns == 1
    choices = ONE_VALUE if one else SEVERAL_VALUES
    likely = next((key for key in (LIKELY.get(labels, ()) if labels else ()) if key in choices), None)
    keys = ([likely] if likely else []) + [key for key in choices if key != likely]
    said = f", as the validation data's {labels} suggest" if likely else ""
    first = f"`task: {{{keys[0]}}}` {choices[keys[0]]}{said}"
    return "; ".join([first, *(f"`task: {{{key}}}` {choices[key]}" for key in keys[1:])])


def _label_output(outputs: tuple[Tensor, ...], notes: Notes) -> Tensor | None:
    """An integer or string output [batch] that is called classes."""
    for tensor in outputs:
        if tensor.name == LABELS_OUTPUT and len(tensor.shape) == 1 and tensor.dtype in ("int32", "int64", "string"):
            notes.know("task.label_output", tensor.name, "its name")
            return tensor
    return None


def _check_labels(labels: Sequence[str], kind: TaskKind, count: int | None, wish: Wish, notes: Notes) -> None:
    if labels and kind not in NAMED:
        notes.warnings.append(f"task.labels names classes, of which {kind} has none: the names are left out.")
    elif labels and count is not None and len(labels) != count:
        notes.stop(
            f"The labels file names {len(labels)} classes, the model has {count}.",
            f"task.labels ({wish.labels})" if wish.labels else "task.labels",
            f"Write {count} names into it, one a line, in the order of the model's classes.",
        )
    elif labels:
        notes.know("task.labels", f"{len(labels)} names", "the labels file")
    if wish.top_k and count and wish.top_k > count:
        notes.stop(
            f"task.top_k is {wish.top_k}, the model has {count} classes.", "task.top_k", f"Write at most {count}."
        )
