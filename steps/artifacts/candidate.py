"""candidate.json: the model version that asks to be released."""

from typing import ClassVar, Literal

from scoring.contract import Contract
from steps.artifacts.artifact import Artifact, Part


class Signature(Part):
    """What a SavedModel's serving_default takes and gives."""

    input_name: str
    input_kind: Literal["jpeg", "image"]
    """jpeg: a string tensor [batch] of encoded images; image: a number tensor [batch, height, width, 3]."""
    outputs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.input_name} ({self.input_kind}) -> {', '.join(self.outputs)}"


class Candidate(Artifact):
    """A registered model version that asks to be released."""

    file_name: ClassVar[str] = "candidate.json"

    model_name: str
    model_version: int
    content_hash: str
    """SHA-256 of the SavedModel's paths and bytes, in hexadecimal."""
    frozen_hash: str | None
    """The same of the frozen graph that it was registered with; None where it has none."""
    signature: Signature
    contract: Contract | None = None
    """None: of a run before there were contracts, a classifier of JPEGs or images whose classes are numbers."""
    validation_data: str
    """Folder of validation samples on the workspace's default datastore."""
    source: str
    """The --model value that this version was found by."""
    reused: bool
    """True when the version was registered before this run."""
    git_commit: str
    config_hash: str
    run_id: str

    @property
    def model(self) -> str:
        """``name:version``, which is Azure ML's id of the model too."""
        return f"{self.model_name}:{self.model_version}"
