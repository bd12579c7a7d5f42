"""What looking at a SavedModel finds."""

from pathlib import Path
from typing import Protocol

from config.errors import ModelError
from config.sections.contract import Input, Task
from scoring.contract import Contract, Tensor
from steps.artifacts.artifact import Part

VALIDATION_DATA = "the validation data"
"""Where an obstacle is that isn't the model's."""


class Wishes(Protocol):
    """What the service's file says of the model; config.settings.Settings is one."""

    @property
    def input(self) -> Input: ...
    @property
    def task(self) -> Task: ...


class Said(Part):
    """Wishes apart from settings; by default none."""

    input: Input = Input()
    task: Task = Task()


class Signature(Part):
    """One signature of the SavedModel, as it was exported."""

    key: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


class Obstacle(Part):
    """One reason why the model can't be served as it is."""

    what: str
    """One sentence."""
    where: str
    """Folder, file, signature, input, output, or key of the service's file."""
    mend: str
    """What to write into the service's file, or the line of code that mends the export."""


class Fact(Part):
    """One thing that was inferred."""

    about: str
    """Key of the contract, such as input.kind."""
    value: str
    how: str
    """How it is known, such as "the output ends in a softmax"."""


class Probe(Part):
    """One run of the model."""

    sample: str
    """What it was given, in words."""
    seconds: float
    outputs: tuple[Tensor, ...]
    """As they came back, for a batch of one or more."""


class ScaleFit(Part):
    """How well the model answers the validation samples with its images scaled one way."""

    scale: str
    accuracy: float
    samples: int


class Inspection(Part):
    """Everything that is known of a SavedModel; without obstacles, it can be served and has a contract."""

    signatures: tuple[Signature, ...] = ()
    contract: Contract | None = None
    facts: tuple[Fact, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    warnings: tuple[str, ...] = ()
    classes: int | None = None
    """Number of classes or labels (classification, multilabel, binary: 2), or of a regression's values."""
    probe: Probe | None = None
    scales: tuple[ScaleFit, ...] = ()
    """The best first, where validation data could tell; none where the scale is known."""

    @property
    def of_data(self) -> bool:
        """Whether it is only the validation data that is refused."""
        return bool(self.obstacles) and all(obstacle.where == VALIDATION_DATA for obstacle in self.obstacles)

    def refused(self, folder: Path) -> str:
        """What can't be used, as the head of the obstacles; `folder` is the model as the user called it."""
        return "The validation data can't be used" if self.of_data else f"{folder} can't be served"

    def refusal(self, folder: Path) -> ModelError:
        """The error for all obstacles; `folder` as the user called it."""
        lines = [f"{self.refused(folder)}:"]
        for obstacle in self.obstacles:
            lines += [f"- {obstacle.what}" if self.of_data else f"- {obstacle.where}: {obstacle.what}"]
            lines += [f"  {obstacle.mend}"]
        return ModelError("\n".join(lines))
