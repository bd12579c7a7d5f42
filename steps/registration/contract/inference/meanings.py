"""What one output seems to be, and how that is known."""

from collections.abc import Mapping
from dataclasses import dataclass

from scoring.contract import TaskKind, Tensor

FLOATS = {"float16", "bfloat16", "float32", "float64"}


@dataclass(frozen=True)
class Seen:
    """What one run of the model showed of an output."""

    shape: tuple[int, ...]
    unit: bool = False
    """All values are from 0 to 1."""
    sums: bool = False
    """Each row of several sums to 1, and unit."""


@dataclass(frozen=True)
class Meaning:
    kind: TaskKind
    logits: bool
    how: str


@dataclass(frozen=True)
class Output:
    """One output of the signature with all that is known of it."""

    tensor: Tensor
    last: str | None
    """The operation that computes it."""
    seen: Seen | None

    @property
    def declared(self) -> tuple[int | None, ...]:
        """As the SavedModel says, the batch first, None; of a rank that it doesn't tell, all that came back is free."""
        if self.seen is None or len(self.tensor.shape) == len(self.seen.shape):
            return self.tensor.shape
        return (None,) * len(self.seen.shape)  # () stands for a rank that isn't known, too

    @property
    def shape(self) -> tuple[int | None, ...]:
        """As declared, with the sizes that came back where the SavedModel says nothing."""
        if self.seen is None or not self.declared:
            return self.declared
        return (None, *(own or seen for own, seen in zip(self.declared[1:], self.seen.shape[1:], strict=True)))

    @property
    def columns(self) -> int | None:
        """Values a sample: 1 of [batch]; None where they aren't known."""
        return 1 if len(self.shape) == 1 else self.shape[1] if len(self.shape) == 2 else None

    @property
    def suits(self) -> bool:
        """Whether a task other than tensors can be answered by it: float [batch] or [batch, n]."""
        return self.tensor.dtype in FLOATS and len(self.shape) in (1, 2)

    def fits(self, kind: TaskKind) -> bool:
        few = self.columns in (1, 2)
        return kind == "regression" or (few if kind == "binary" else self.columns != 1) or self.columns is None


def meaning(output: Output) -> Meaning | None:
    """None where nothing tells."""
    one = output.columns == 1
    if output.last == "Softmax" and not one:
        return Meaning("classification", False, "the output ends in a softmax")
    if output.last == "LogSoftmax" and not one:
        return Meaning("classification", True, "the output ends in a log-softmax")
    if output.last == "Sigmoid":
        kind: TaskKind = "binary" if one else "multilabel"
        return Meaning(kind, False, f"the output ends in a sigmoid, of {'one value' if one else 'several values'}")
    if output.tensor.name == "probabilities" and not one:
        return Meaning("classification", False, "the output is called probabilities")
    if output.seen and output.seen.sums and not one:
        return Meaning("classification", False, "the output's rows sum to 1 on a probe")
    return None


def outputs_of(tensors: tuple[Tensor, ...], last: Mapping[str, str], seen: Mapping[str, Seen]) -> tuple[Output, ...]:
    return tuple(Output(tensor, last.get(tensor.name), seen.get(tensor.name)) for tensor in tensors)
