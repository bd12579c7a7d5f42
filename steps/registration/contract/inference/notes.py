"""Gathers what is found while a contract is inferred."""

from dataclasses import dataclass, field

from scoring.contract import Tensor
from steps.registration.contract.findings import Fact, Obstacle


@dataclass
class Notes:
    """All obstacles are to be told at once, so inference goes on after one as far as it can."""

    facts: list[Fact] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)
    questions: list[Obstacle] = field(default_factory=list)
    """Obstacles that a run of the model might have answered."""
    warnings: list[str] = field(default_factory=list)

    def know(self, about: str, value: object, how: str) -> None:
        self.facts.append(Fact(about=about, value=str(value), how=how))

    def stop(self, what: str, where: str, mend: str) -> None:
        self.obstacles.append(Obstacle(what=what, where=where, mend=mend))

    def ask(self, what: str, where: str, mend: str) -> None:
        self.questions.append(Obstacle(what=what, where=where, mend=mend))


def describe(tensor: Tensor) -> str:
    """As in: x: float32 [None, 28, 28, 1]."""
    return f"{tensor.name}: {tensor.dtype} {shape_text(tensor)}"


def shape_text(tensor: Tensor) -> str:
    return f"[{', '.join(map(str, tensor.shape))}]"


def list_text(tensors: tuple[Tensor, ...]) -> str:
    return ", ".join(map(describe, tensors)) or "none"
