"""What the specification of a component must be like, and the keys that one may have."""

from typing import Any

from typing_extensions import Required, TypedDict

from azureml_emulator.server.requests.shapes import FileName, Named, Number, Reference, Scalar, Variables


class Resources(TypedDict, total=False):
    instanceCount: Number | None
    instance_count: Scalar | None
    instanceType: str | None
    instance_type: str | None
    shmSize: str | None
    shm_size: str | None


class Port(TypedDict, total=False):
    """A declared input or output of a component."""

    type: str | None
    description: str | None
    default: Scalar | None
    optional: Scalar | None
    mode: str | None


class Component(TypedDict, total=False):
    type: Required[str]
    name: str | None
    display_name: str | None
    command: str
    code: Reference | None
    environment: Reference
    environment_variables: Variables | None
    inputs: Named[FileName, Port] | None
    outputs: Named[FileName, Port] | None
    is_deterministic: bool | None
    resources: Resources | None
    jobs: Named[FileName, Named[str, Any]]


SAID = frozenset({"name", "version", "display_name", "description", "tags", "_source", "$schema"})
"""What doesn't change what is run."""
_NOT_RUN = ("distribution", "queue_settings")
"""A job of such a component is refused."""
KEYS = frozenset({*SAID, *Component.__annotations__, *_NOT_RUN, "additional_includes", "limits", "properties"})
"""What is to be included lies in the code by then: clients put it there."""
PORT_KEYS = frozenset({*Port.__annotations__, "enum", "min", "max"})
"""Nobody looks whether a value is in its range."""
