"""What the steps hand to each other: small JSON files that a person can read, kept with the run.

register_model -> candidate.json -> validate_model -> verdict.json
               -> deploy_service -> deployment.json -> smoke_test -> release.json
"""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from typing_extensions import Self

from config.errors import WorkspaceError

Status = Literal["BLESSED", "NOT_BLESSED", "UNDECIDED"]
Outcome = Literal["pass", "fail", "skip", "undecided"]
Action = Literal["created", "updated", "unchanged", "superseded"]


class Part(BaseModel):
    """Base of every value: frozen and closed, so that a file of another version is refused, not misread."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, protected_namespaces=())


class Artifact(Part):
    """A value with a file of its own."""

    file_name: ClassVar[str]

    def write(self, folder: Path) -> Path:
        """Write the file into ``folder``, made if absent, in one move: a killed step leaves no half of it."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.file_name
        draft = path.with_suffix(".tmp")
        draft.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return draft.replace(path)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the file in ``folder``; WorkspaceError when the step before left none, or left another version's."""
        path = folder / cls.file_name
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise WorkspaceError(f"{path} isn't there: see the log of the step that should have written it") from None
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise WorkspaceError(f"{path}: {where}: {first['msg']}: was it written by another version?") from None


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
    validation_data: str
    """Folder of labelled images on the workspace's default datastore."""
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


UNITS = {"cold_start": " s", "latency_p50": " ms", "latency_p99": " ms"}
"""Of what a check measures, by its name; the others count, or say it in words."""


class Check(Part):
    """One thing that a candidate had to prove."""

    name: str
    outcome: Outcome
    """skip: it doesn't apply, for the reason in ``detail``; undecided: there was too little to decide by."""
    measured: float | str | None
    threshold: float | str | None
    detail: str = ""

    @property
    def measured_text(self) -> str:
        return self._text(self.measured)

    @property
    def threshold_text(self) -> str:
        return self._text(self.threshold)

    def _text(self, value: float | str | None) -> str:
        return "" if value is None else f"{value:g}{UNITS.get(self.name, '')}" if isinstance(value, float) else value

    def __str__(self) -> str:
        required = f" (required: {self.threshold_text})" if self.threshold_text else ""
        facts = f"{self.name} {self.measured_text or 'not measured'}{required}"
        return f"{facts}: {self.detail}" if self.detail else facts


class Answer(Part):
    """What the candidate said about one validation image; the live service must say the same."""

    file: str
    label: int
    """Class index that the labels file gives."""
    predicted: int
    """Class index that the candidate gave."""
    probability: float | None = None
    """The greatest of the answered probabilities; None: a verdict of before this was kept."""


class Production(Part):
    """The model version that the service ran when the candidate was measured, and how it did on the same images."""

    model: str
    """``name:version``."""
    metrics: dict[str, float]
    """Empty when it is the candidate itself, or couldn't be measured."""
    detail: str = ""
    """Why it wasn't measured."""


class Verdict(Artifact):
    """What validation found, and whether it may be deployed."""

    file_name: ClassVar[str] = "verdict.json"

    status: Status
    model_name: str
    model_version: int
    content_hash: str
    environment: str
    """Azure ML environment that the candidate was measured in."""
    precision: str
    """Arithmetic that it was measured in, and is to be served in."""
    refused: tuple[Check, ...] = ()
    """What kept ``auto`` from a faster precision."""
    checks: tuple[Check, ...]
    metrics: dict[str, float]
    production: Production | None = None
    """None: there was no service to compare with."""
    answers: tuple[Answer, ...]
    run_id: str

    @property
    def failing(self) -> tuple[Check, ...]:
        """The checks that stand in the way of BLESSED."""
        return tuple(check for check in self.checks if check.outcome in ("fail", "undecided"))


class ServiceState(Part):
    """What a service ran at one moment: enough to put it back."""

    state: str
    models: tuple[str, ...]
    """``name:version`` each."""
    environment: str | None
    environment_version: str | None
    replicas: int | None
    cpu_cores: float | None
    memory_gb: float | None
    gpu_cores: int | None
    max_concurrent_requests: int | None
    max_queue_wait_ms: int | None
    scoring_timeout_ms: int | None
    scoring_uri: str | None
    tags: dict[str, str]
    """Holds run_id, a pipeline run: ``outputs/source`` of its step deploy_service is the scoring code that ran."""


class Deployment(Artifact):
    """What was done to the service, and what it ran before."""

    file_name: ClassVar[str] = "deployment.json"

    service_name: str
    action: Action
    model_name: str
    model_version: int
    environment: str
    scoring_uri: str
    replicas: int
    verdict: Status
    forced_reason: str | None
    """Why somebody deployed without BLESSED."""
    previous: ServiceState | None
    """None: there was no such service."""
    answers: tuple[Answer, ...]
    """Taken from the verdict, the rightly answered images first."""
    tags: dict[str, str] = {}
    """Those that the service was given; empty in a file of an earlier version."""
    run_id: str


class Query(Part):
    """One question put to the live service."""

    name: str
    passed: bool
    detail: str


class Release(Artifact):
    """What the live service answered."""

    file_name: ClassVar[str] = "release.json"

    service_name: str
    model_name: str
    model_version: int
    scoring_uri: str
    device: str | None
    """Device that answered, such as GPU:0."""
    queries: tuple[Query, ...]
    """Empty when another run released a newer version meanwhile: that run asks."""
    latency_p50_ms: float | None
    """Median of the burst, over the network; of the labelled images when there is no burst."""
    latency_p99_ms: float | None
    run_id: str
