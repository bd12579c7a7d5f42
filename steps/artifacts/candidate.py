"""candidate.json: the model version that asks to be released."""

from collections.abc import Mapping
from typing import ClassVar

from typing_extensions import Self

from scoring.contract import Contract, InputKind
from steps.artifacts.artifact import Artifact, Part


class Signature(Part):
    """What a SavedModel's signature takes and gives, in short."""

    input_name: str
    """Names of all inputs."""
    input_kind: InputKind
    outputs: tuple[str, ...]

    @classmethod
    def of(cls, contract: Contract) -> Self:
        outputs = (*contract.task.outputs, contract.task.label_output)
        return cls(
            input_name=", ".join(tensor.name for tensor in contract.input.tensors),
            input_kind=contract.input.kind,
            outputs=tuple(tensor.name for tensor in outputs if tensor is not None),
        )

    def __str__(self) -> str:
        return f"{self.input_name} ({self.input_kind}) -> {', '.join(self.outputs)}"


class Candidate(Artifact):
    """A registered model version that asks to be released."""

    file_name: ClassVar[str] = "candidate.json"
    step: ClassVar[str] = "register_model"

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
    """What this version was found by: the folder as its owner called it, a version's number, or ``latest``."""
    reused: bool
    """True when the version was registered before this run."""
    promoted_from: str | None = None
    """Where it was proven before, as steps.registration.lineage writes it; None: nowhere else, as far as is known."""
    git_commit: str
    config_hash: str
    run_id: str

    def decides(self) -> Mapping[str, object]:
        """All but ``reused``: a step that is started again finds what it registered."""
        return self.model_dump(exclude={"reused"})

    @property
    def model(self) -> str:
        """``name:version``, which is Azure ML's id of the model too."""
        return f"{self.model_name}:{self.model_version}"
