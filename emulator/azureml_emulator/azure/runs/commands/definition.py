"""A command with all that it needs, as it is kept until it runs: no asset that it names is looked up again."""

from typing import Any

from typing_extensions import NotRequired, TypedDict

from azureml_emulator.wire import Document


class Source(TypedDict, total=False):
    """What an input gets: a literal, a path on a datastore, or the output of another node of its pipeline."""

    literal: str
    datastore: str
    path: str
    node: str
    output: str
    mode: str
    type: str


class Target(TypedDict):
    """Where an output goes; without a datastore, to a path of its run's own."""

    type: str
    mode: str
    datastore: NotRequired[str | None]
    path: NotRequired[str]


class Definition(TypedDict):
    name: str
    """For people."""
    component: str
    """Its ARM id; empty for a job of its own."""
    command: str
    """With `${{inputs.NAME}}`, `${{outputs.NAME}}` and `$[[…]]`."""
    code: str
    """A folder on this machine; empty for a command without code."""
    environment: Document
    """As SDK v1 defines one."""
    target: str
    """Name of a compute."""
    variables: dict[str, str]
    inputs: dict[str, Source]
    outputs: dict[str, Target]
    optional: list[str]
    """Inputs that may be left out."""
    max_seconds: float | None
    as_user: bool
    """Whether it runs with the identity of the user who submitted it."""
    reused: bool
    """Whether an earlier run of the same may stand for it."""
    properties: dict[str, Any]
    """Of its run."""
